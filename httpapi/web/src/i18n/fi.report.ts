import type { Catalogue } from './catalogue'

export const report: Catalogue['report'] = {
  who: 'Kenen on toimittava',
  acts: {
    owner: 'Sinun. Kenenkään muun ei tarvitse tehdä mitään.',
    admin: 'Ylläpitäjän. Kerro hänelle alla oleva viite; siihen asti käynnistys epäonnistuu samalla tavalla.',
    both: 'Ensin sinun: yritä uudelleen. Jos käynnistys epäonnistuu samalla tavalla, ylläpitäjän: kerro hänelle alla oleva viite.',
  },
  notOwn: 'Se on jonkun toisen: vain hän voi käynnistää sen uudelleen.',
  launchLog: 'Käynnistyksen loki',
  logOf: (name) => `Käynnistyksen loki, ${name}`,
  noLog: 'Mitään ei ole vielä kirjoitettu.',
  cancelMeans: 'Peruminen lopettaa tämän käynnistyksen ja vapauttaa sen paikan. Mitään ei menetetä: muistikirja ei ole vielä ollut käynnissä.',
}
