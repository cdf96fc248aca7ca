import type { Catalogue } from './catalogue'
import { count, hosts, slots } from './fi.count'

/** What retiring or releasing a host means for the slots in use on it. */
const inUse = (many: number) => `käytössä on nyt ${slots(many)}`

export const pool: Catalogue['pool'] = {
  title: 'Konepooli',
  hosts: 'Isäntäkoneet',
  noHosts: 'Isäntäkoneita ei ole.',
  slots: (used, total) => `Paikkoja käytössä ${used}/${total}`,
  slotsLabel: 'Paikat',
  states: { running: 'Käynnissä', draining: 'Ajetaan alas', drained: 'Ajettu alas' },
  hostStates: {
    requested: 'Pyydetty',
    building: 'Luodaan',
    preparing: 'Valmistellaan',
    active: 'Käytössä',
    inactive: 'Ei käytössä',
    removing: 'Poistetaan',
    removed: 'Poistettu',
    stuck: 'Jumissa',
  },
  free: (many) => count(many, 'paikka vapaana', 'paikkaa vapaana'),
  queueLength: (many) => `${many} jonossa`,
  since: (time) => `alkaen ${time}`,
  errors: (many, counting) => {
    const all = count(many, 'vika', 'vikaa')
    if (counting >= many) return all
    return counting === 0 ? `${all}, joista yksikään ei enää vaikuta` : `${all}, joista ${counting} vaikuttaa yhä`
  },
  engine: 'Docker-moottori',
  address: 'Osoite',
  disk: 'Levy',
  diskFree: (free, total) => `vapaana ${free} / ${total}`,
  diskAt: (time) => `katsottu ${time}`,
  stages: {
    engine: 'odottaa Docker-moottoriaan',
    images: 'saa levykuviaan',
    probe: 'todistaa, että kontit on eristetty',
    retiring: 'ei ota uusia, poistuu tyhjennyttyään',
    draining: 'alasajotila',
    errors: 'liikaa vikoja, tai ei vastaa',
    lost: 'luovuttu',
  },
  steps: 'Vaiheet',
  step: { requested: 'Pyydetty', building: 'Luodaan', engine: 'Docker-moottori', images: 'Levykuvat', probe: 'Eristys' },
  flavor: 'Konetyyppi',
  age: 'Ikä',
  lifetime: 'Elinaika',
  left: (time) => `jäljellä ${time}`,
  over: 'ohi',
  noClock: 'alkaa ensimmäisestä muistikirjasta',
  silence: 'Ei vastaa',
  ids: 'Pilvessä',
  server: 'Palvelin',
  group: 'Suojausryhmä',
  volume: 'Taltio',
  copyID: (kind) => `Kopioi tunniste: ${kind}`,
  giveBack: {
    retire: {
      button: 'Poista käytöstä',
      of: (name) => `Poista käytöstä ${name}`,
      title: (name) => `Poistetaanko ${name} käytöstä?`,
      means: (many) =>
        many === 0
          ? 'Se ei ota enää muistikirjoja. Sillä ei ole yhtään, joten se luovutetaan heti.'
          : `Se ei ota enää muistikirjoja, ja se luovutetaan, kun viimeinen sillä oleva on päättynyt; ${inUse(many)}.`,
      not: 'Pidä käytössä',
    },
    release: {
      button: 'Luovuta',
      of: (name) => `Luovuta ${name}`,
      title: (name) => `Luovutetaanko ${name}?`,
      means: (many) =>
        many === 0
          ? 'Se luovutetaan heti.'
          : `Sen muistikirjat lopetetaan nyt (${inUse(many)}); mitä niiden ulkopuolelle ei ole tallennettu, menetetään. Sitten se luovutetaan.`,
      not: 'Pidä käytössä',
    },
    again: {
      button: 'Yritä uudelleen',
      of: (name) => `Yritä uudelleen luovuttaa ${name}`,
      title: (name) => `Yritetäänkö uudelleen luovuttaa ${name}?`,
      means: () => 'Luovutus epäonnistui, ja sitä yritetään itsestään uudelleen. Tällä sitä yritetään nyt.',
      not: 'Odota',
    },
  },
  headroom: (projected, target, building, there, most) =>
    [
      projected < 0 ? `Puuttuu ${slots(-projected)}` : `Vapaana tulee olemaan ${slots(projected)}`,
      `tavoite on ${target}`,
      building === 0 ? `nyt on ${hosts(there)}, enintään ${most}` : `valmisteilla on ${hosts(building)}`,
    ].join('; ') + '.',
  tight: (many) => `Millään isäntäkoneella ei ole tilaa suurimmalle ympäristölle, joka vie ${count(many, 'paikan', 'paikkaa')}.`,
  pause: (time) => `Isäntäkoneita ei juuri nyt luoda; uusi yritys ${time}.`,
  decisions: 'Skaalaimen viimeiset päätökset',
  setAside: 'Syrjässä toistuvien virheiden takia',
  restsSince: (reason, time) => `${reason}, viimeksi ${time}.`,
  tryAgain: (actor) => `Yritä uudelleen${actor && ': '}${actor}`,
  version: (version) => `Palvelimen versio ${version}`,
}
