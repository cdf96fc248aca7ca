/** A number with its noun: "1 kone", "2 konetta"; Finnish counts everything but one in the partitive. */
export const count = (many: number, one: string, partitive: string): string => `${many} ${many === 1 ? one : partitive}`

export const notebooks = (many: number): string => count(many, 'muistikirja', 'muistikirjaa')

export const hosts = (many: number): string => count(many, 'isäntäkone', 'isäntäkonetta')

export const slots = (many: number): string => count(many, 'paikka', 'paikkaa')
