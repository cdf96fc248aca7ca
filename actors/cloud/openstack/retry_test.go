package openstack

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/stretchr/testify/require"

	"dockerdriver/actors/cloud/openstack/userdata"
	"dockerdriver/actors/pool"
)

func newTestCloud(t *testing.T) *Cloud {
	t.Helper()
	cloud, err := New(Config{
		Installation: "i", Credentials: func() (Credentials, error) { return Credentials{}, errors.New("there are none") },
		Certificates: func(pool.Host) (userdata.Certificates, error) { return userdata.Certificates{}, nil },
	})
	require.NoError(t, err)
	return cloud
}

func said(status int, body string) error {
	return gophercloud.ErrUnexpectedResponseCode{Method: "POST", URL: "http://nova/servers", Actual: status, Body: []byte(body), ResponseHeader: http.Header{}}
}

func broken(cause error) error { return &url.Error{Op: "Post", URL: "http://nova/servers", Err: cause} }

func TestFaultsAreToldApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		why            string
		err            error
		passing, quota bool
	}{
		{"overloaded", said(503, ""), true, false},
		{"broken inside", said(500, ""), true, false},
		{"a proxy without its service", said(502, "<html>"), true, false},
		{"asked too often", said(429, ""), true, false},
		{"never implemented", said(501, ""), false, false},
		{"asked wrongly", said(400, "Invalid imageRef"), false, false},
		{"not allowed", said(403, "Policy doesn't allow it"), false, false},
		{"not there", said(404, ""), false, false},
		{"in conflict", said(409, "Multiple security_group matches found"), false, false},
		{"Nova's quota", said(403, `{"forbidden": {"message": "Quota exceeded for instances: Requested 1, but already used 10 of 10 instances"}}`), false, true},
		{"Neutron's quota, as Nova tells it", said(403, `{"forbidden": {"message": "Maximum number of ports exceeded"}}`), false, true},
		{"Cinder's quota", said(413, `{"overLimit": {"message": "VolumeLimitExceeded: Maximum number of volumes allowed (10) exceeded"}}`), false, true},
		{"Neutron's quota", said(409, `{"NeutronError": {"type": "OverQuota", "message": "Quota exceeded for resources: ['security_group']."}}`), false, true},
		{"a connection that was reset", broken(syscall.ECONNRESET), true, false},
		{"nobody at the address", broken(syscall.ECONNREFUSED), true, false},
		{"an answer cut off", broken(io.ErrUnexpectedEOF), true, false},
		{"a call over its limit", broken(context.DeadlineExceeded), true, false},
		{"a certificate of an unknown authority", broken(x509.UnknownAuthorityError{}), false, false},
		{"a token that cannot be renewed: password changed", &gophercloud.ErrUnableToReauthenticate{ErrOriginal: said(401, ""), ErrReauth: said(401, "")}, false, false},
		{"a token that cannot be renewed: Keystone is away", &gophercloud.ErrUnableToReauthenticate{ErrOriginal: said(401, ""), ErrReauth: said(503, "")}, true, false},
		{"overloaded after the token was renewed", &gophercloud.ErrErrorAfterReauthentication{ErrOriginal: said(503, "")}, true, false},
		{"a fault of our own", errors.New("cannot make the host's certificate"), false, false},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			for _, err := range []error{c.err, fmt.Errorf("wrapped: %w", c.err)} {
				require.Equal(t, c.passing, passing(err))
				require.Equal(t, c.quota, overQuota(err))
			}
			words := inWords("make the server", c.err)
			require.Equal(t, c.quota, pool.CodeOf(words) == pool.CodeQuota)
			require.ErrorContains(t, words, "annot make the server: ")
			require.NotContains(t, words.Error(), "<html>")
		})
	}
}

func TestRefusalIsToldInTheCloudsOwnWords(t *testing.T) {
	t.Parallel()
	err := inWords("make the server", said(400, `{"badRequest": {"code": 400, "message": "Flavor's disk is too small\nfor requested image."}}`))
	require.EqualError(t, err, "cannot make the server: Flavor's disk is too small for requested image. (the cloud answered 400)")
	require.EqualError(t, inWords("log in", said(503, "")), "cannot log in: the cloud answered 503 Service Unavailable")
}

func TestServersFaultIsTold(t *testing.T) {
	t.Parallel()
	require.EqualError(t, failed("1", servers.Fault{Message: "No valid host was found."}), "Server 1 is in status ERROR: No valid host was found. Ask the cloud's operators, or choose another flavor.")
	require.ErrorContains(t, failed("1", servers.Fault{}), "does not say why")
	require.Equal(t, pool.CodeQuota, pool.CodeOf(failed("1", servers.Fault{Code: 403, Message: "Quota exceeded for cores"})))
	require.Equal(t, pool.CodeBuildFailed, pool.CodeOf(failed("1", servers.Fault{Message: "Exceeded maximum number of retries. Exceeded max scheduling attempts 3"})))
}

func TestPassingFaultsAreOutwaited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud, begun, calls := newTestCloud(t), time.Now(), 0
		err := cloud.retry(t.Context(), "list servers", func(context.Context) error {
			if calls++; calls < 4 {
				return said(503, "")
			}
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, 4, calls)
		took := time.Since(begun)
		require.GreaterOrEqual(t, took, 1750*time.Millisecond, "each pause is at least half of its full length")
		require.LessOrEqual(t, took, 3500*time.Millisecond)
	})
}

func TestServiceThatStaysAwayIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud, begun, calls := newTestCloud(t), time.Now(), 0
		err := cloud.retry(t.Context(), "list servers", func(context.Context) error { calls++; return broken(syscall.ECONNREFUSED) })
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		require.Equal(t, maxTries, calls)
		require.Less(t, time.Since(begun), time.Minute)
	})
}

func TestServiceThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud, begun, calls := newTestCloud(t), time.Now(), 0
		err := cloud.retry(t.Context(), "log in", func(context.Context) error {
			calls++
			time.Sleep(dialLimit)
			return broken(context.DeadlineExceeded)
		})
		require.ErrorContains(t, err, "cannot log in: ")
		require.Less(t, time.Since(begun), tryFor+dialLimit+lastPause)
		require.Less(t, calls, maxTries)
	})
}

func TestWhatFailedIsToldWhenTheCallersTimeIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		err := newTestCloud(t).retry(ctx, "log in", func(context.Context) error { return said(503, `{"error": {"message": "we are moving"}}`) })
		require.EqualError(t, err, "cannot log in: we are moving (the cloud answered 503) (context deadline exceeded)")
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			header string
			wanted time.Duration
		}{
			{time.Now().Add(45 * time.Second).UTC().Format(http.TimeFormat), 45 * time.Second},
			{"30", 30 * time.Second},
			{"86400", longestAsked},
		} {
			cloud, begun, calls := newTestCloud(t), time.Now(), 0
			require.NoError(t, cloud.retry(t.Context(), "list servers", func(context.Context) error {
				if calls++; calls > 1 {
					return nil
				}
				return gophercloud.ErrUnexpectedResponseCode{Actual: 429, ResponseHeader: http.Header{"Retry-After": {c.header}}}
			}))
			require.Equal(t, c.wanted, time.Since(begun), c.header)
		}
	})
}

func TestOtherRefusalsAreNotRepeated(t *testing.T) {
	t.Parallel()
	calls := 0
	err := newTestCloud(t).retry(t.Context(), "make the server", func(context.Context) error { calls++; return said(400, "") })
	require.Error(t, err)
	require.Equal(t, 1, calls)
}

func TestWaitEndsWithItsContextAndItsLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := newTestCloud(t)
		building := func(context.Context) (bool, string, error) { return false, "in status BUILD", nil }
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := cloud.poll(ctx, "start the server", time.Hour, building)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "in status BUILD")
		err = cloud.poll(t.Context(), "start the server", time.Hour, building)
		require.EqualError(t, err, "cannot start the server: after 1h0m0s it is still in status BUILD")
	})
}

func TestCallsForOneHostWaitForEachOther(t *testing.T) {
	t.Parallel()
	cloud := newTestCloud(t)
	free, err := cloud.take(t.Context(), "pb_dd_1")
	require.NoError(t, err)
	other, err := cloud.take(t.Context(), "pb_dd_2")
	require.NoError(t, err, "another host is free")
	other()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = cloud.take(ctx, "pb_dd_1")
	require.ErrorIs(t, err, context.Canceled)
	free()
	free, err = cloud.take(t.Context(), "pb_dd_1")
	require.NoError(t, err)
	free()
	require.Empty(t, cloud.busy, "nothing is kept of hosts that are done")
}

func TestCloudNeedsToKnowWhoseItIs(t *testing.T) {
	t.Parallel()
	_, err := New(Config{})
	require.ErrorContains(t, err, "installation's id")
	_, err = New(Config{Installation: "i"})
	require.ErrorContains(t, err, "without certificates")
	_, err = newTestCloud(t).Things(t.Context())
	require.ErrorContains(t, err, "there are none")
}
