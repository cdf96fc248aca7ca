import type { Catalogue } from './catalogue'

/** Sanat mallin kokeilemiselle ennen kuin käyttäjät näkevät sen. */
export const trying: Catalogue['trying'] = {
  preview: 'Näin käyttäjät näkevät sen',
  test: 'Kokeile',
  testTitle: 'Käynnistää sen vain sinulle; sen ei tarvitse olla käytössä',
  createAndTest: 'Luo ja kokeile',
  saveAndTest: 'Tallenna ja kokeile',
  saved: 'Malli on tallennettu; vain sen kokeilu evättiin.',
  badge: 'Kokeilu',
}
