import type { Catalogue } from './catalogue'

export const hostlog: Catalogue['hostlog'] = {
  button: 'Luontiloki',
  of: (name) => `Isäntäkoneen ${name} luontiloki`,
  events: 'Tapahtumat, vanhin ensin',
  took: (time) => `kesti ${time}`,
  fault: 'Vika',
  console: 'Koneen konsoli',
  lines: 'Konsolin rivit, uusin viimeisenä',
  copy: 'Kopioi konsolin rivit',
  hides: 'Koneen viimeksi kirjoittamat rivit. Salaisuudelta näyttävä on piilotettu.',
  missing: {
    none: 'Konsolia ei ole: pilvi ei säilytä tämän isäntäkoneen konsolia.',
    not_yet: 'Konsolia ei vielä ole: konetta ei ole käynnistetty, tai se ei ole kirjoittanut mitään.',
    gone: 'Konsolia ei enää ole: kone on poissa pilvestä.',
  },
}
