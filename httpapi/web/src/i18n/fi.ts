import type { Catalogue } from './catalogue'
import { announcements } from './fi.announcements'
import { charts } from './fi.charts'
import { drain } from './fi.drain'
import { everyone } from './fi.everyone'
import { exchange } from './fi.exchange'
import { hostlog } from './fi.hostlog'
import { images } from './fi.images'
import { notice } from './fi.notice'
import { pool } from './fi.pool'
import { queue } from './fi.queue'
import { report } from './fi.report'
import { strays } from './fi.strays'
import { trying } from './fi.trying'
import { visit } from './fi.visit'

/**
 * Every text of the UI in Finnish. One word for one thing:
 *
 *   notebook     muistikirja        lifetime       elinaika
 *   environment  ympäristö          launch         käynnistää, käynnistys
 *   instance     instanssi          destroy        tuhota (a notebook, with all in it)
 *   blueprint    malli              remove, delete poistaa
 *   host         isäntäkone         retire         poistaa käytöstä
 *   pool         konepooli          release        luovuttaa (back to the cloud)
 *   slot, place  paikka             shutdown mode  alasajotila
 *   image        levykuva           queue          jono
 *   digest       tiiviste           log            loki
 *   container    kontti             pull, push     noutaa, lähettää
 *   engine       Docker-moottori    token          API-avain
 *   fault        vika               variable       muuttuja
 *   flavor       konetyyppi         plugin         liitännäinen
 *   volume       taltio             scaler         skaalain
 *   announcement tiedote
 *
 * Names that come from elsewhere are not inflected: a noun before them is
 * ("isäntäkoneelle pool-1"), or they come after a colon.
 */
export const fi: Catalogue = {
  product: 'DockerDriver',
  loading: 'Ladataan',
  tryAgain: 'Yritä uudelleen',
  cancel: 'Peruuta',
  save: 'Tallenna',
  close: 'Sulje',
  copy: 'Kopioi',
  copied: 'Kopioitu',
  none: 'ei mitään',
  never: 'ei koskaan',
  noEnd: 'ei päättymisaikaa',
  skipToContent: 'Siirry sisältöön',
  language: 'Kieli',
  units: { day: 'pv', hour: 'h', minute: 'min', second: 's' },

  nav: {
    label: 'Sivut',
    dashboard: 'Etusivu',
    configure: 'Asetukset',
    images: 'Levykuvat',
    instances: 'Instanssit',
    pool: 'Konepooli',
    menu: 'Valikko',
    account: (email) => `Käyttäjätili ${email}`,
    ownAccount: 'Käyttäjätili ja API-avaimet',
    logOut: 'Kirjaudu ulos',
    light: 'Vaihda vaaleaan teemaan',
    dark: 'Vaihda tummaan teemaan',
    administrator: 'ylläpitäjä',
  },

  cloud: {
    label: (cloud) => `Muistikirjojen alusta: ${cloud}`,
    names: { local: 'paikallinen', emulator: 'emulaattori', openstack: 'OpenStack' },
    meaning: {
      local: 'Muistikirjat ovat tämän koneen Docker-moottorin kontteja.',
      emulator: 'Muistikirjat ovat emuloidun Docker-moottorin prosesseja: kokeiluun, ei oikeaan työhön.',
      openstack: 'Muistikirjat ovat kontteja OpenStackin virtuaalikoneilla.',
    },
  },

  connection: {
    away: 'Palvelin ei vastaa. Näkemäsi voi olla vanhaa; yhteyttä yritetään uudelleen.',
  },

  login: {
    title: 'Kirjaudu sisään',
    lead: 'Käynnistä muistikirjoja ja avaa ne selaimessasi.',
    email: 'Sähköposti',
    password: 'Salasana',
    submit: 'Kirjaudu sisään',
    notebook: 'Kirjaudu sisään avataksesi muistikirjan.',
    needed: 'Et ole kirjautunut sisään.',
  },

  problem: {
    offline: 'Palvelimeen ei saada yhteyttä.',
    offlineHint: 'Tarkista verkkoyhteytesi; sivu jatkaa itsestään, kun palvelin taas vastaa.',
    unreadable: (status) => `Palvelin vastasi tilakoodilla ${status} ilman selitystä.`,
    reference: (id) => `Viite: ${id}`,
    missingTitle: 'Tällaista sivua ei ole',
    missing: 'Osoite voi olla vanha tai väärin kirjoitettu.',
    toDashboard: 'Siirry etusivulle',
    forbiddenTitle: 'Vain ylläpitäjille',
    forbidden: 'Vain ylläpitäjät saavat nähdä tämän sivun.',
    brokenTitle: 'Tämä sivu meni rikki',
    broken: 'Lataa sivu uudelleen. Jos se menee taas rikki, kerro ylläpitäjälle, mitä teit.',
    reload: 'Lataa uudelleen',
  },

  banner: {
    draining: 'Palvelua ajetaan alas',
    drained: 'Palvelu on ajettu alas',
    words: 'Uusia muistikirjoja ei voi nyt käynnistää. Käynnissä olevat jatkavat, kunnes ne päättyvät; lataa talteen, mitä haluat säilyttää.',
    drainedWords: 'Muistikirjoja ei voi nyt käynnistää.',
    admin: 'Palvelu käynnistyy taas, kun asetat Asetukset-sivulla muuttujan DD_SHUTDOWN_MODE arvoksi False.',
    since: (time) => `Alkoi ${time}.`,
    ends: (name, time) => `Muistikirjasi ${name} päättyy ${time}.`,
    endless: (name) => `Muistikirjasi ${name} jatkaa, kunnes tuhoat sen.`,
    deadline: (time) => `Mitä on vielä käynnissä ${time}, lopetetaan silloin.`,
  },

  dashboard: {
    title: 'Etusivu',
    environments: 'Ympäristöt',
    instances: 'Omat muistikirjat',
    noneTitle: 'Yhtään muistikirjaa ei ole käynnissä',
    none: 'Valitse ympäristö ja paina Käynnistä uusi. Se on valmis muutamassa sekunnissa.',
    noEnvironments: 'Käynnistettäviä ympäristöjä ei vielä ole.',
    noEnvironmentsAdmin: 'Luo malli Asetukset-sivulla ja ota se käyttöön.',
    noEnvironmentsUser: 'Pyydä ylläpitäjää ottamaan sellainen käyttöön.',
    ended: 'Viimeisen vuorokauden aikana päättyneet',
    news: (name, state) => `${name}: ${state}`,
  },

  environment: {
    launch: 'Käynnistä uusi',
    memory: 'Muisti',
    lifetime: 'Elinaika',
    extendable: (lifetime, most) => `${lifetime}, jatkettavissa: yhteensä ${most}`,
    tooLarge: 'Millään koneella ei ole sille tarpeeksi tilaa. Kerro ylläpitäjälle.',
    limit: (max) => (max === 1 ? 'Sinulla on jo yksi; tuhoa se ensin.' : `Sinulla on jo ${max}, enempää ei voi olla; tuhoa ensin yksi.`),
    shutdown: 'Ei nyt: palvelu on alasajotilassa.',
    away: 'Ei nyt: palvelin ei vastaa.',
  },

  states: {
    queueing: 'Odottaa',
    provisioning: 'Käynnistyy',
    running: 'Käynnissä',
    deleting: 'Päättymässä',
    deleted: 'Päättynyt',
    failed: 'Epäonnistui',
    lost: 'Kadonnut',
  },

  instance: {
    open: 'Avaa selaimessa',
    openTitle: 'Avautuu uuteen välilehteen',
    openWhenReady: 'Avaa, kun on valmis',
    openWhenReadyTitle: 'Uusi välilehti odottaa ja siirtyy muistikirjaan',
    extend: 'Jatka aikaa',
    extendTitle: (latest) => `Elinaika alkaa alusta, viimeistään päättyy ${latest}`,
    extendedTo: (time) => `Nyt se on käynnissä, kunnes kello on ${time}.`,
    extendedFully: 'Aikaa on jatkettu niin pitkään kuin sallitaan.',
    extendNotNow: 'Aikaa ei voi jatkaa: palvelu on alasajotilassa.',
    logs: 'Lokit',
    destroy: 'Tuhoa',
    cancelLaunch: 'Peruuta käynnistys',
    launchAgain: 'Käynnistä uudelleen',
    dismiss: 'Poista näkyvistä',
    ending: 'Muistikirjaa poistetaan.',
    left: (time) => `jäljellä ${time}`,
    over: 'päättyy nyt',
    until: (time) => `päättyy ${time}`,
    endless: 'Se on käynnissä, kunnes tuhoat sen.',
    endlessInUse: 'Se on käynnissä, kunnes tuhoat sen tai et enää käytä sitä.',
    lifetimeOf: (name) => `Elinaikaa jäljellä: ${name}`,
    endsSoon: (time) => `Aikaa jäljellä ${time}. Lataa talteen, mitä haluat säilyttää.`,
    idleFor: (time) => `käyttämättä ${time}`,
    endsIdle: (time) => `Kukaan ei käytä sitä: se päättyy, jos et jatka. Aikaa jäljellä ${time}.`,
    memory: (size) => `muistia ${size}`,
    readyIn: (time) => `käynnistyi ajassa ${time}`,
    password: 'Salasana',
    showPassword: 'Näytä salasana',
    hidePassword: 'Piilota salasana',
    happened: 'Mitä tapahtui',
    todo: 'Mitä voit tehdä',
    lastLines: (count) => (count === 1 ? 'Lokin viimeinen rivi' : `Lokin ${count} viimeistä riviä`),
    logOf: (lines, name) => `${lines}, ${name}`,
    reference: (name, code) => `Viite: ${name}, ${code}`,
    lostMessage: 'Konetta, jolla muistikirja oli, ei enää ole.',
    lostHint: 'Käynnistä se uudelleen. Mikä oli vain muistikirjassa, on menetetty.',
    endReasons: {
      owner: 'Tuhosit sen.',
      admin: 'Ylläpitäjä lopetti sen.',
      lifetime: 'Sen elinaika päättyi.',
      idle: 'Se oli käyttämättä niin kauan kuin sen ympäristö sallii.',
      shutdown: 'Palvelu ajettiin alas.',
      host: 'Konetta, jolla se oli, ei enää ole.',
    },
    endedAt: (time) => `Päättyi ${time}`,
    unnamed: 'Muistikirja',
  },

  destroy: {
    title: (name) => `Tuhotaanko ${name}?`,
    words: 'Kaikki muistikirjassa oleva menetetään: tiedostot, muuttujat ja kesken oleva laskenta. Tätä ei voi perua.',
    advice: 'Lataa ensin talteen, mitä haluat säilyttää.',
    keep: 'Säilytä',
    confirm: 'Tuhoa',
  },

  stages: {
    label: 'Käynnistyksen vaiheet',
    steps: {
      queueing: { todo: 'Paikan odottaminen', doing: 'Odotetaan paikkaa…', done: 'Paikka löytyi' },
      scheduled: { todo: 'Isäntäkoneen valmistelu', doing: 'Valmistellaan isäntäkonetta…', done: 'Isäntäkone valmis' },
      image: { todo: 'Levykuvan kopiointi isäntäkoneelle', doing: 'Kopioidaan levykuvaa isäntäkoneelle…', done: 'Levykuva isäntäkoneella' },
      creating: { todo: 'Kontin luonti', doing: 'Luodaan konttia…', done: 'Kontti luotu' },
      starting: { todo: 'Kontin käynnistys', doing: 'Käynnistetään konttia…', done: 'Kontti käynnistetty' },
      probing: { todo: 'Muistikirjan vastauksen odottaminen', doing: 'Odotetaan muistikirjan vastausta…', done: 'Muistikirja vastaa' },
    },
    position: (position) => `Jonossa sijalla ${position}`,
    state: { done: 'valmis', current: 'käynnissä', waiting: 'tekemättä', failed: 'epäonnistui tähän', skipped: 'ei tarvita' },
    slow: {
      queueing: 'Kaikki paikat ovat varattuja. Saat omasi itsestään; voit lähteä tältä sivulta.',
      scheduled: 'Isäntäkonetta valmistellaan muistikirjaa varten.',
      image: 'Levykuva on tälle isäntäkoneelle uusi, ja se kopioidaan sinne. Seuraava käynnistys siellä on nopeampi.',
      creating: 'Docker-moottori on kiireinen.',
      starting: 'Kontin käynnistys vie aikansa.',
      probing: 'Muistikirjan ohjelma on käynnistynyt, mutta ei vielä vastaa. Suurilla levykuvilla menee jopa minuutti.',
    },
  },

  account: {
    title: 'Käyttäjätili',
    tokens: 'API-avaimet',
    lead: 'Ohjelma, joka lähettää avaimen, saa tehdä kaiken, mitä sinäkin: pidä sitä salasanana. Komentorivi lukee sen muuttujasta DOCKERDRIVER_TOKEN.',
    noTokens: 'Sinulla ei ole avaimia.',
    name: 'Nimi',
    nameExample: 'Mihin avainta käytetään',
    expiry: 'Voimassa',
    lifetimes: { '1d': '1 päivän', '7d': '7 päivää', '30d': '30 päivää', '90d': '90 päivää', '365d': '1 vuoden', '0m': 'toistaiseksi' },
    create: 'Luo avain',
    created: 'Luotu',
    ends: 'Päättyy',
    revoke: 'Mitätöi',
    revokeOf: (name) => `Mitätöi ${name}`,
    made: (name) => `Avain ${name}`,
    once: 'Kopioi se nyt: se näytetään vain tämän kerran.',
    secret: 'Avaimen salaisuus',
  },

  launch: {
    title: (name) => `Käynnistetään ${name}`,
    ready: 'Valmis: avataan muistikirja',
    readyLink: 'Avaa muistikirja',
    lead: 'Tämä sivu siirtyy muistikirjaan heti, kun se vastaa. Voit sulkea sivun: käynnistys jatkuu.',
    failed: (name) => `Käynnistys epäonnistui: ${name}`,
    ended: (name) => `${name} on päättynyt`,
    missing: 'Tällaista muistikirjaa ei ole',
    missingWords: 'Se on voinut päättyä yli vuorokausi sitten, tai se on jonkun muun.',
    usually: (range) => `Yleensä valmis, kun on kulunut ${range}.`,
    fromTo: (from, to) => (/ /.test(from) ? `${from} – ${to}` : `${from}–${to}`),
    about: (time) => `noin ${time}`,
    longer: (time) => `Tämä kestää tavallista kauemmin: kymmenestä käynnistyksestä yhdeksän oli valmiita, kun oli kulunut ${time}.`,
    titleLaunching: 'Käynnistetään…',
    titleReady: 'Valmis',
    titleFailed: 'Käynnistys epäonnistui',
    titleEnded: 'Päättynyt',
  },

  logs: {
    title: (name) => `Lokit: ${name}`,
    which: 'Mikä loki',
    running: 'Muistikirja',
    provisioning: 'Käynnistys',
    empty: 'Mitään ei ole vielä kirjoitettu.',
    content: 'Lokirivit, uusin viimeisenä',
  },

  configure: {
    title: 'Asetukset',
    plugins: 'Liitännäiset',
    noPlugins: 'Yhtään liitännäistä ei ole käytössä. Nimeä niitä muuttujassa PLUGIN_WHITELIST.',
    pluginMeaning: { DockerDriver: 'Muistikirjoja Docker-konteissa isäntäkoneiden poolissa.' },
    createBlueprint: 'Luo malli',
    blueprints: 'Mallit',
    blueprintsLead: 'Mitä käyttäjät voivat käynnistää. Käytössä olevat mallit näkyvät heille ympäristöinä.',
    noBlueprints: 'Malleja ei vielä ole. Luo sellainen yllä olevasta liitännäisestä.',
    active: 'Käytössä',
    inactive: 'Ei käytössä',
    activate: 'Ota käyttöön',
    deactivate: 'Poista käytöstä',
    reconfigure: 'Muokkaa',
    remove: 'Poista',
    deleteTitle: (name) => `Poistetaanko ${name}?`,
    deleteWords: 'Käyttäjät eivät voi enää käynnistää sitä, ja sen asetukset menetetään. Mallia ei voi poistaa, kun sillä on muistikirjoja: poista se ensin käytöstä, ja poista se kokonaan, kun viimeinen muistikirja on päättynyt.',
    deleteConfirm: 'Poista',
    deleteKeep: 'Säilytä',
    sharedOrigin: 'Muistikirjat voivat lukea toisiaan',
    sharedOriginWords:
      'Palvelin on käynnistetty valitsimella --notebook-paths: kaikilla muistikirjoilla on sama alkuperä (origin), joten yhden skripti voi lukea ja muuttaa kaikkia muita samassa selaimessa. Avaa muiden muistikirjat yksityisessä ikkunassa. Jos palvelimeen johtaa jokerinimi (*.notebooks.example.org), käynnistä se valitsimella --notebook-domain notebooks.example.org ja ilman valitsinta --notebook-paths.',
  },

  blueprint: {
    createTitle: (plugin) => `Uusi malli liitännäiselle ${plugin}`,
    editTitle: (name) => `Muokkaa mallia ${name}`,
    name: 'Nimi',
    nameHelp: 'Mitä käyttäjät lukevat etusivulla, kuten RStudio.',
    description: 'Kuvaus',
    descriptionHelp: 'Lause tai kaksi siitä, mihin se sopii.',
    create: 'Luo malli',
    save: 'Tallenna muutokset',
    back: 'Takaisin asetuksiin',
    missing: 'Tällaista mallia ei ole.',
    noPlugin: (plugin) => `Liitännäinen ${plugin} ei ole käytössä.`,
    editConflict: 'Joku muu on muuttanut tätä mallia sen jälkeen, kun avasit sen.',
    editConflictReload: 'Näytä uusi versio',
    running: 'Käynnissä olevat muistikirjat pitävät vanhat asetukset.',
    invalid: 'Joissakin kentissä on korjattavaa.',
    required: 'Tämä kenttä on pakollinen.',
    wrong: (value, help) => [`”${value}” ei kelpaa.`, help].filter(Boolean).join(' '),
    tooSmall: (least) => `Pienin sallittu on ${least}.`,
    tooLarge: (most) => `Suurin sallittu on ${most}.`,
    tooLong: (most) => `Teksti on liian pitkä: enintään ${most} merkkiä.`,
    wrongField: {
      maximum_idle_time: (value) =>
        `”${value}” ei ole kesto. Kirjoita päivät (d), tunnit (h) ja minuutit (m) tässä järjestyksessä, kuten 1h 30m tai 30m; 0m tai tyhjä tarkoittaa, että se saa olla käyttämättä loppuunsa asti.`,
      maximum_extension: (value) =>
        `”${value}” ei ole kesto. Kirjoita päivät (d), tunnit (h) ja minuutit (m) tässä järjestyksessä, kuten 4h tai 30m; 0m tai tyhjä tarkoittaa, ettei aikaa voi jatkaa.`,
      memory_limit: (value) => `”${value}” ei ole määrä. Kirjoita luku ja yksikkö, kuten 512m tai 2g.`,
      maximum_lifetime: (value) =>
        `”${value}” ei ole kesto. Kirjoita päivät (d), tunnit (h) ja minuutit (m) tässä järjestyksessä, kuten 2d 3h, 1h 30m tai 10m; 0m tarkoittaa, ettei päättymisaikaa ole.`,
    },
  },

  variables: {
    title: 'Muuttujat',
    lead: 'Muokkaa arvoa napsauttamalla sitä. Muutokset tulevat heti voimaan.',
    key: 'Nimi',
    value: 'Arvo',
    type: 'Tyyppi',
    default: 'Oletus',
    meaning: 'Merkitys',
    changed: 'Viimeisin muutos',
    edit: (key, value) => `Muokkaa muuttujaa ${key}, nyt ${value}`,
    valueOf: (key) => `Muuttujan ${key} arvo`,
    empty: 'tyhjä',
    save: 'Tallenna',
    cancel: 'Peruuta',
    by: (time, who) => (who ? `${time}, ${who}` : time),
    types: {
      bool: 'tosi tai epätosi',
      int: 'kokonaisluku',
      words: 'sanoja',
      string: 'tekstiä',
      duration: 'kesto, kuten 4h tai 1h 30m',
      text: 'useita rivejä',
      time: 'aika, kuten 2026-05-29T16:00:00Z',
    },
    conflict: 'Joku muu on juuri muuttanut tätä; tässä on uusi arvo.',
  },

  announcements,
  charts,
  drain,
  everyone,
  trying,
  visit,
  exchange,
  hostlog,
  strays,
  images,
  notice,
  pool,
  queue,
  report,
}
