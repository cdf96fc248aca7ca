import type { Catalogue } from './catalogue'

/** Sanat käynnistyksille, jotka odottavat paikkaa. */
export const queue: Catalogue['queue'] = {
  title: 'Jono',
  since: (time) => `odottanut ${time} alkaen`,
  slots: (many) => (many === 1 ? '1 paikka' : `${many} paikkaa`),
  more: (many) => `ja ${many} muuta`,
  images: 'Levykuvat',
  present: (many, of) => `${many}/${of} paikalla`,
  retiring: 'ei ota enää muistikirjoja',
  faulty: 'epäkunnossa',
}
