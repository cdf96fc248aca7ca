package actors

import "time"

// DefaultAnswerLimit is how long a started notebook has until it must answer HTTP.
const DefaultAnswerLimit = 60 * time.Second

// exitKilled is the exit code of a program that SIGKILL ended.
const exitKilled = 137

// Time limits of the tree. Each wait has one, so that nothing stays half done
// without a word.
const (
	askLimit      = 10 * time.Second // a Client's question
	saveLimit     = 30 * time.Second // one durable write
	liveLimit     = 5 * time.Second  // of a data plane that is a process of its own; it is dropped earlier
	routeAckLimit = 2 * time.Second  // then the Proxy is asked again
	createLimit   = 60 * time.Second // one attempt; the engine unpacks nothing here
	startLimit    = 60 * time.Second // one attempt
	removeLimit   = 60 * time.Second // one attempt, with the container's own grace in it
	logsLimit     = 10 * time.Second
	stepPatience  = 2 * time.Minute // how long a step is tried again while the engine does not answer
	eventRecheck  = 100 * time.Millisecond
	eventLooks    = 20
	oomPatience   = 500 * time.Millisecond
	imageReask    = 30 * time.Second // a lost imageReady is asked for again
	buildLimit    = 15 * time.Minute
	buildRetry    = 15 * time.Second // the longest pause between two attempts
	engineRetry   = 5 * time.Second
	answerAtLeast = 5 * time.Second // after a restart that took the time away
	releaseLimit  = 10 * time.Minute
	restartGrace  = time.Minute // what a host on its way gets at least after a restart
	deadlineSlack = 30 * time.Second
	bootLook      = time.Second // between two looks at a machine that boots
	bootPatience  = 300         // of them, then silence is told as a fault
	fenceLimit    = 2 * time.Minute
	diskEvery     = 10 * time.Minute // between two looks at an engine's disk
	roomLimit     = 3 * time.Minute  // for a host to remove images before one is sent
	diskLimit     = 2 * time.Minute
	collectLimit  = 10 * time.Minute // for the removal of images
	runawayLimit  = 30 * time.Second // for containers of a machine that goes anyway
	tendEvery     = 15 * time.Minute
	tendSilent    = 30 * time.Second // of a host whose engine is silent
	tendLimit     = 2 * time.Minute
	consoleLimit  = 8 * time.Second // the cloud's answer with a machine's console
	checkLimit    = 8 * time.Second // the cloud's word on a variable's value
	thingsEvery   = 5 * time.Minute // between two looks at the cloud's own lists
	thingsRetry   = time.Minute
	sweepEvery    = 3 * time.Second // the same, while only the cloud's word is missing for a drain's end
	thingsLimit   = 5 * time.Minute
	strayLimit    = 8 * time.Second // the cloud's lists, for a stray that is released by hand
	strayAge      = 30 * time.Minute
	pauseFirst    = 30 * time.Second // of building after the cloud refused
	pauseLongest  = 10 * time.Minute
	loadLimit     = 30 * time.Minute
	loadAttempts  = 3
	pullLimit     = 6 * time.Hour // one pull; each wait in it is limited by itself
	pullsAtOnce   = 2
	pullsKept     = 20 // in the View

	heartbeatEvery  = 10 * time.Second
	heartbeatLimit  = 5 * time.Second
	missedBeats     = 2 // then the host takes nothing until it answers again
	reconcileEvery  = 30 * time.Second
	ringAgain       = 30 * time.Second // for an actor that did not hear its timer or an outcome
	useSlack        = 45 * time.Second // that a use may take to be told: a data plane tells in batches
	useShownEvery   = time.Minute      // an instance that is used is shown anew
	useStoredEvery  = 10 * time.Minute // and stored, if nothing else is
	usesShownAtOnce = 64               // instances in one view
	usesShownPause  = 50 * time.Millisecond
	absenceGrace    = 2 * time.Minute // for lifetimes that ended while the server was away
	keepEnded       = 24 * time.Hour  // ended instances can be read for a day

	wakeAfter      = time.Second // the Warden after a panic of its own
	respawnFirst   = 100 * time.Millisecond
	respawnLimit   = 30 * time.Second
	respawnWindow  = 10 * time.Minute
	respawnAtMost  = 5 // failures in the window; then the actor is set aside
	failureLogTail = 20
)
