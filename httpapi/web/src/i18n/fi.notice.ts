import type { Catalogue } from './catalogue'

export const notice: Catalogue['notice'] = {
  title: 'Ilmoitukset',
  label: 'Ilmoita, kun muistikirja on valmis, sekä 10 ja 2 minuuttia ennen sen päättymistä',
  ready: 'Se on valmis.',
  hint: 'Tämä selain ilmoittaa, kun jokin tämän palvelun sivu on auki missä tahansa välilehdessä.',
  refused: 'Selain ei salli sitä. Salli ilmoitukset tälle sivustolle selaimen asetuksissa ja ota tämä uudelleen käyttöön.',
  impossible: 'Tämä selain ei näytä ilmoituksia täällä; palvelun sivut kertovat silti.',
}
