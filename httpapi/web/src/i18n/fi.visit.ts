import type { Catalogue } from './catalogue'

/** Sanat, kun ylläpitäjä avaa toisen muistikirjan. */
export const visit: Catalogue['visit'] = {
  title: (name) => `Avataanko ${name}?`,
  tab: 'Avaa muistikirja',
  lead: (person) => `Omistaja on ${person}. Hänelle näytetään, että avasit sen ja miksi. Tieto jää myös tapahtumalokiin.`,
  reason: 'Syy',
  reasonExample: 'Pyysi apua jumiutuneen laskennan kanssa',
  open: 'Avaa muistikirja',
  back: 'Takaisin kaikkiin muistikirjoihin',
  notRunning: (name) => `${name} ei ole käynnissä, joten sitä ei voi avata.`,
  openOf: (name) => `Avaa ${name}`,
  short: 'Avaa',
  gone: 'käyttäjä, jonka tili on poistettu',
  seen: (who, time, reason) => `${who || 'Ylläpitäjä'} avasi tämän ylläpitäjänä ${time}: ${reason}`,
  earlier: (many) => (many === 1 ? 'Yksi aiempi käynti' : `${many} aiempaa käyntiä`),
}
