import type { Blueprint, BlueprintConfig } from '../api/model'

/** What a blueprint's file says of itself. A later format has another number. */
const format = 'dockerdriver.blueprint/1'

/** A blueprint without what belongs to one server: its id, version and state. */
export interface Template {
  name: string
  description: string
  plugin: string
  config: BlueprintConfig
}

export const templateOf = ({ name, description, plugin, config }: Blueprint): Template => ({ name, description, plugin, config })

/** The text of a blueprint's file. */
export const exported = (blueprint: Blueprint): string => `${JSON.stringify({ format, ...templateOf(blueprint) }, null, 2)}\n`

/** A name for the file, of letters that every file system takes. */
export function fileName(blueprint: Blueprint): string {
  const plain = blueprint.name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+|-+$/g, '')
  return `${plain || 'blueprint'}.blueprint.json`
}

export type Fault = 'json' | 'format' | 'incomplete'

const isText = (value: unknown): value is string => typeof value === 'string'
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The blueprint in a file's text, or why there is none. Its fields are checked by the form and the server. */
export function imported(text: string): Template | Fault {
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch {
    return 'json'
  }
  if (!isObject(read) || read['format'] !== format) return 'format'
  const { name, description, plugin, config } = read
  if (!isText(name) || !isText(plugin) || !isObject(config)) return 'incomplete'
  return { name, description: isText(description) ? description : '', plugin, config: config as BlueprintConfig }
}
