import type { Catalogue } from './catalogue'
import { notebooks } from './fi.count'

export const everyone: Catalogue['everyone'] = {
  title: 'Instanssit',
  lead: 'Kaikkien käyttäjien muistikirjat, myös vuorokauden sisällä päättyneet.',
  search: 'Haku',
  searchExample: 'nimi, ympäristö, käyttäjä tai isäntäkone',
  state: 'Tila',
  states: { live: 'Nyt olevat', all: 'Kaikki' },
  shown: (shown, all) => `Näytetään ${shown}, yhteensä ${notebooks(all)}`,
  none: 'Mikään muistikirja ei vastaa hakua.',
  columns: { chosen: 'Valittu', name: 'Nimi', environment: 'Ympäristö', user: 'Käyttäjä', state: 'Tila', host: 'Isäntäkone', created: 'Alkoi', ends: 'Päättyy', acts: 'Toiminnot' },
  sortBy: (column) => `Järjestä sarakkeen ${column} mukaan`,
  endless: 'ei päättymisaikaa',
  choose: (name) => `Valitse ${name}`,
  chooseAll: 'Valitse kaikki näkyvät, jotka voi tuhota',
  chosen: (many) => `Valittu ${notebooks(many)}`,
  destroy: (many) => `Tuhoa ${notebooks(many)}`,
  destroyTitle: (many) => `Tuhotaanko ${notebooks(many)}?`,
  destroyWords: (people) => `Kaikki niiden sisältö menetetään, ${people === 1 ? 'yhdeltä käyttäjältä' : `${people} käyttäjältä`}. Tätä ei voi perua.`,
  failed: (many) => `${notebooks(many)} jäi tuhoamatta; valinta on ennallaan.`,
  logs: 'Lokit',
  logsOf: (name) => `Lokit: ${name}`,
}
