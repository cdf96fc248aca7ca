package proxy

import "regexp"

// finnish is keyed by the English texts: of pages.go, of the web UI's own notices
// (httpapi/open.go), and of why a notebook ended (pool.Instance.WhyEnded). Its terms
// are those of the web UI's catalogue (httpapi/web/src/i18n/fi.ts).
var finnish = catalogue{
	whole: map[string]string{
		"Open the notebook":    "Avaa muistikirja",
		"Launch again":         "Käynnistä uudelleen",
		"Back to DockerDriver": "Takaisin DockerDriveriin",

		"No such notebook":            "Muistikirjaa ei ole",
		"No notebook at this address": "Tässä osoitteessa ei ole muistikirjaa",
		"There is no notebook at this address. Open your notebook from DockerDriver.":           "Tässä osoitteessa ei ole muistikirjaa. Avaa muistikirjasi DockerDriverista.",
		"Each notebook has an address of its own below this one. Open yours from DockerDriver.": "Kullakin muistikirjalla on oma osoitteensa tämän alla. Avaa omasi DockerDriverista.",
		"It may have ended, or it belongs to somebody else.":                                    "Se on voinut päättyä, tai se on jonkun toisen.",
		"Not let in": "Ei pääsyä",
		"This browser has no open session for a notebook at this address. Open the notebook from DockerDriver.": "Tällä selaimella ei ole avointa istuntoa muistikirjaan tässä osoitteessa. Avaa muistikirja DockerDriverista.",

		"Request not understood":                                   "Pyyntöä ei ymmärretty",
		"The address or the form of this request is not in order.": "Pyynnön osoitteessa tai muodossa on vikaa.",
		"Two sessions at once":                                     "Kaksi istuntoa yhtä aikaa",
		"This request bears two session cookies of the same name. Delete this site's cookies and open the notebook again.": "Pyynnössä on kaksi samannimistä istuntoevästettä. Poista tämän sivuston evästeet ja avaa muistikirja uudelleen.",
		"Not possible here":                           "Ei mahdollista täällä",
		"This method is not allowed at this address.": "Tätä pyyntötapaa ei sallita tässä osoitteessa.",
		"No such page":                                "Sivua ei ole",
		"There is no page at this address.":           "Tässä osoitteessa ei ole sivua.",
		"Too many requests at once":                   "Liikaa pyyntöjä yhtä aikaa",
		"This session has as many requests and open connections as one may have. Close some of its tabs, and load this page again.": "Tällä istunnolla on niin monta pyyntöä ja avointa yhteyttä kuin yhdellä saa olla. Sulje joitakin sen välilehtiä ja lataa sivu uudelleen.",
		"The upload stood still": "Lähetys pysähtyi",
		"Nothing of it came for minutes, so it was given up. Send it again.": "Siitä ei tullut minuutteihin mitään, joten se keskeytettiin. Lähetä se uudelleen.",

		"Request from another site": "Pyyntö toiselta sivustolta",
		"Another web site tried to use this notebook through your browser, and was refused. If it was you, open the notebook from DockerDriver.": "Toinen verkkosivusto yritti käyttää tätä muistikirjaa selaimesi kautta, ja pyyntö evättiin. Jos pyysit sitä itse, avaa muistikirja DockerDriverista.",
		"This link no longer opens the notebook": "Tämä linkki ei enää avaa muistikirjaa",
		"It was used already, is too old, or belongs to another browser. Go back and press Open in browser again.": "Se on jo käytetty, on liian vanha tai kuuluu toiselle selaimelle. Palaa takaisin ja paina uudelleen Avaa selaimessa.",
		"This link is damaged":                   "Linkki on vioittunut",
		"Open the notebook from your dashboard.": "Avaa muistikirja etusivultasi.",
		"Open this notebook?":                    "Avataanko tämä muistikirja?",
		"A link wants to open a notebook in your browser. Go on only if you asked for it: what you write into a notebook can be read by whoever owns it.": "Linkki haluaa avata muistikirjan selaimessasi. Jatka vain, jos pyysit sitä: sen, mitä kirjoitat muistikirjaan, voi lukea se, jonka muistikirja on.",

		"The notebook cannot be opened now": "Muistikirjaa ei voi nyt avata",
		"Another page tried to open it for you. If it was you, open the notebook from your dashboard.": "Toinen sivu yritti avata sen puolestasi. Jos pyysit sitä itse, avaa muistikirja etusivultasi.",
		"Try again in a minute.": "Yritä uudelleen minuutin kuluttua.",
		"Not just now":           "Ei juuri nyt",
		"The notebook could not be opened at this moment. Try again in a minute.": "Muistikirjaa ei voitu avata tällä hetkellä. Yritä uudelleen minuutin kuluttua.",
		"The server is restarting": "Palvelin käynnistyy uudelleen",
		"Notebooks that are open go on. This page goes on by itself once the server is back.": "Avoinna olevat muistikirjat jatkuvat. Tämä sivu jatkuu itsestään, kun palvelin on taas käytössä.",
		"The notebook is not answering":                                      "Muistikirja ei vastaa",
		"It may be starting, or very busy. This page tries again by itself.": "Se voi olla käynnistymässä tai hyvin kuormittunut. Tämä sivu yrittää uudelleen itsestään.",

		"This session has ended": "Istunto on päättynyt",
		"The notebook or your session ended while it was answering.":           "Muistikirja tai istuntosi päättyi kesken vastauksen.",
		"It was somebody else's, who is told why it ended.":                    "Se oli jonkun toisen, jolle kerrotaan, miksi se päättyi.",
		"This notebook has ended":                                              "Muistikirja on päättynyt",
		"You destroyed it. You can launch a new one.":                          "Tuhosit sen. Voit käynnistää uuden.",
		"An administrator ended it. You can launch a new one.":                 "Ylläpitäjä lopetti sen. Voit käynnistää uuden.",
		"Its lifetime was over. You can launch a new one.":                     "Sen elinaika päättyi. Voit käynnistää uuden.",
		"The service was shut down. You can launch a new one when it is back.": "Palvelu ajettiin alas. Voit käynnistää uuden, kun palvelu on taas käytössä.",
		"The machine it ran on is gone. You can launch a new one.":             "Konetta, jolla se oli, ei enää ole. Voit käynnistää uuden.",
		"You can launch a new one.":                                            "Voit käynnistää uuden.",
	},
	some: []pattern{
		{regexp.MustCompile(`^Nobody used it for (.+)\. You can launch a new one\.$`), "Kukaan ei käyttänyt sitä aikaan $1. Voit käynnistää uuden."},
	},
}
