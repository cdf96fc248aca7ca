package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// checklist is what keeps one person's notebook from another's page, line by
// line, with the tests that prove it: functions, or titles of browser tests.
var checklist = []struct {
	promise string
	proofs  []string
}{
	// Origins.
	{"each notebook has an origin of its own", []string{"TestParseName", "TestOriginIsWrittenAsBrowsersWriteIt", "TestSessionOpensOnlyItsOwnNotebook"}},
	{"a script in one notebook can neither read nor act in another, nor in the web UI", []string{
		"a websocket of a frame without an origin is refused", "a container that allows every origin to read lets no neighbour read",
		"nothing of the API can be read, whatever is asked for", "writes with JSON, which need leave, get none",
		"a window of the neighbour opens for its reader, and tells the opener nothing",
	}},
	{"names differ, and the web UI's cookies do not reach containers", []string{"TestContainerLearnsNothingThatIsNotItsBusiness", "TestContainerInPathModeGetsNoCookieOfOursAndNoNeighboursAddress"}},
	{"a site without a wildcard name is warned loudly", []string{"TestOperatorIsWarnedWhereNotebooksAreNotApart", "TestPoolTellsWhetherNotebooksShareAnOrigin"}},

	// The launch ticket.
	{"a ticket is good once, for its label, in its time, in its browser", []string{
		"TestTicketOpensTheNotebookOnce", "TestTicketThatIsNoGood", "TestTicketsLetInOnceInTimeAndTheRightBrowser", "TestOpenMakesATicketForItsLoginAndBrowser",
	}},
	{"nobody is logged in to somebody else's notebook by a link", []string{"TestLinkFromElsewhereAsksBeforeItOpensSomebodysNotebook", "TestLinkFromTheSameOriginAsksFirstInPathMode"}},
	{"the ticket is gone from the address, and is never logged", []string{"TestTicketOpensTheNotebookOnce", "TestPathAfterEnteringStaysOnTheNotebook", "TestRequestsAreLoggedWithoutTheirQuery"}},
	{"a restart of the server voids tickets", []string{"TestAServerRestartCutsNothingThatAProxyOfItsOwnServes"}},

	// The notebook's cookie.
	{"the cookie is the host's own, and dies with session, logout, block and a new password", []string{
		"TestTicketOpensTheNotebookOnce", "TestRevocationClosesWebsocketsWithinASecond", "TestLogoutAnswersWhenItIsDurable", "TestBlockedUsersAreOut", "TestANewPasswordEndsOldLogins",
	}},
	{"two cookies of one of our names are refused", []string{"TestTwoCookiesOfOneOfOurNamesAreRefused"}},

	// Headers.
	{"what claims an identity or an address does not reach containers; ours does", []string{"TestContainerLearnsNothingThatIsNotItsBusiness", "TestRequestTrailersDoNotBecomeFieldsOfTheContainer", "FuzzRequestHead"}},
	{"Host is the browser's unless the blueprint says otherwise", []string{"TestProxyOptions"}},
	{"containers' cookies stay on their origin, and on their path in path mode", []string{"TestContainersCookiesStayOnItsOrigin", "TestABrowserKeepsTwoNotebooksOfOneOriginApart"}},
	{"redirects keep the route", []string{"TestRedirectsKeepTheRoute"}},
	{"one request is one request, whatever its form", []string{"TestNoSecondRequestHidesInAMalformedOne", "TestRequestsThatMeanTwoThingsAreRefused", "TestOtherUpgradesAreNotPassedOn", "TestAnswersAreNotMixedUpInACrowd"}},

	// Websockets and requests of scripts.
	{"every upgrade bears the stored origin, every other request says that it comes from home", []string{
		"TestOnlyTheNotebooksOwnPagesActInIt", "TestOriginIsComparedWithTheStoredNameNotTheClaimedOne", "TestANeighboursPageDoesNotActByAccident",
	}},
	{"a host that is not ours is refused before anything else", []string{"TestForeignHostIsRefusedBeforeAnythingElse", "TestOtherHostsAreRefusedInPathMode"}},
	{"nobody learns which notebooks there are", []string{"TestNobodyLearnsWhichNotebooksThereAre"}},

	// Revocation.
	{"logout, stop, expiry, block and a new password close what is open within a second", []string{
		"TestRevocationClosesWebsocketsWithinASecond", "TestRevocationEndsEventStreams", "TestRevocationDoesNotWaitForAStuckBrowser",
		"TestDestroyAnswersWhenNobodyCanReachTheNotebook", "TestNothingIsToldBeforeTheTableIsInForce", "TestDeletedUsersLeaveNothingRunning",
	}},
	{"and so does a proxy of its own", []string{"TestAServerRestartCutsNothingThatAProxyOfItsOwnServes"}},
}

// TestEveryPromiseOfTheGateHasItsProofs holds the list to the tests that there are.
func TestEveryPromiseOfTheGateHasItsProofs(t *testing.T) {
	known := testNames(t, filepath.Join("..", ".."))
	for _, line := range checklist {
		require.NotEmpty(t, line.proofs, line.promise)
		for _, proof := range line.proofs {
			require.True(t, known[proof], "%s: there is no test %q", line.promise, proof)
		}
	}
}

var browserTest = regexp.MustCompile(`(?m)^\s*test\('([^']+)'`)

// testNames are all test functions and titles of browser tests below a folder.
func testNames(t *testing.T, root string) map[string]bool {
	known := map[string]bool{}
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == ".git"):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".spec.ts"):
			text, err := os.ReadFile(path)
			for _, found := range browserTest.FindAllStringSubmatch(string(text), -1) {
				known[found[1]] = true
			}
			return err
		case strings.HasSuffix(path, "_test.go"):
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			for _, decl := range file.Decls {
				if f, is := decl.(*ast.FuncDecl); is && f.Recv == nil {
					known[f.Name.Name] = true
				}
			}
		}
		return nil
	}))
	return known
}
