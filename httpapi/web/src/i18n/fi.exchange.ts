import type { Catalogue } from './catalogue'

export const exchange: Catalogue['exchange'] = {
  copy: 'Kopioi',
  copyOf: (name) => `${name} (kopio)`,
  export: 'Vie',
  exportTitle: 'Tallentaa mallin tiedostoon toista palvelinta varten',
  import: 'Tuo',
  faults: {
    json: (file) => `Tiedostoa ${file} ei voi lukea: se ei ole JSON-muodossa.`,
    format: (file) => `${file} ei ole DockerDriverin malli, tai se on uudemmasta versiosta. Valitse tiedosto, joka on tehty Vie-painikkeella.`,
    incomplete: (file) => `${file} on puutteellinen: siinä pitää olla name, plugin ja config. Vie malli uudelleen.`,
  },
}
