import type { Catalogue } from './catalogue'
import { hosts, notebooks } from './fi.count'

export const drain: Catalogue['drain'] = {
  title: 'Alasajotila',
  runs: 'Konepooli on käynnissä. Alasajotilassa uusia käynnistyksiä ei oteta vastaan, ja kukin isäntäkone luovutetaan, kun sen viimeinen muistikirja on päättynyt.',
  drains: 'Käynnistyksiä ei oteta vastaan. Kukin isäntäkone luovutetaan, kun sen viimeinen muistikirja on päättynyt.',
  drained: 'Pilvessä ei ole enää mitään konepooliin kuuluvaa.',
  deadline: (time, left) => `Mitä on vielä käynnissä ${time}, lopetetaan silloin (aikaa jäljellä ${left}).`,
  over: (time) => `Mitä oli vielä käynnissä ${time}, on lopetettu.`,
  noDeadline: 'Takarajaa ei ole: kukin muistikirja päättyy omalla ajallaan.',
  waitsFor: (hostsLeft, notebooksLeft) => `Vielä jäljellä: ${hosts(hostsLeft)}, ${notebooks(notebooksLeft)}.`,
  details: 'Mitä odotetaan',
  byHand: 'Käsin:',
  begin: 'Aja alas…',
  change: 'Muuta takarajaa…',
  resume: 'Ota taas käyttöön',
  beginTitle: 'Ajetaanko konepooli alas?',
  changeTitle: 'Milloin jäljellä oleva lopetetaan?',
  beginWords: 'Kukaan ei voi enää käynnistää muistikirjoja, ja jokaiselle, jolla niitä on, kerrotaan, milloin ne päättyvät. Alasajon voi perua niin kauan kuin isäntäkoneita on.',
  when: 'Vielä käynnissä olevat',
  choices: {
    none: 'jatkavat omaan päättymisaikaansa',
    '30m': 'lopetetaan puolen tunnin kuluttua',
    '2h': 'lopetetaan kahden tunnin kuluttua',
    '1d': 'lopetetaan vuorokauden kuluttua',
    now: 'lopetetaan nyt',
  },
  lost: 'Käyttäjät menettävät sen, mitä he eivät ole tallentaneet muistikirjojensa ulkopuolelle.',
  not: 'Ei nyt',
  confirm: 'Aja alas',
  confirmChange: 'Aseta',
}
