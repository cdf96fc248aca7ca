package openstack_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/volumes"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/groups"
	"github.com/stretchr/testify/require"

	adapter "dockerdriver/actors/cloud/openstack"
	"dockerdriver/actors/emulator/openstack"
	"dockerdriver/actors/pool"
)

// with is an adapter whose credentials are asked for at each log-in.
func with(t *testing.T, credentials func() (adapter.Credentials, error)) *adapter.Cloud {
	t.Helper()
	cloud, err := adapter.New(adapter.Config{Installation: "test-" + random(4), Certificates: selfSigned, Credentials: credentials})
	require.NoError(t, err)
	t.Cleanup(cloud.Close)
	return cloud
}

func TestCredentialsThatDoNotFitAreToldAtOnceAndReadAnew(t *testing.T) {
	t.Parallel()
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, nobody.Close())
	for _, c := range []struct {
		why   string
		spoil func(*adapter.Credentials)
		says  string
	}{
		{"a wrong password", func(c *adapter.Credentials) { c.Auth.Password = "not this" }, "(the cloud answered 401)"},
		{"a user whom nobody knows", func(c *adapter.Credentials) { c.Auth.Username = "nobody" }, "(the cloud answered 401)"},
		{"another's project", func(c *adapter.Credentials) { c.Auth.Scope.ProjectName = "other" }, "(the cloud answered 401)"},
		{"no project", func(c *adapter.Credentials) { c.Auth.Scope = nil }, "set OS_PROJECT_NAME"},
		{"a wrong region", func(c *adapter.Credentials) { c.Endpoint.Region = "Nowhere" }, `no compute service in region "Nowhere": its regions are RegionOne;`},
		{"an address of no kind", func(c *adapter.Credentials) { c.Auth.IdentityEndpoint = "keystone" }, "unsupported protocol scheme"},
		{"an address where nobody is", func(c *adapter.Credentials) { c.Auth.IdentityEndpoint = "http://" + nobody.Addr().String() + "/v3" }, "connection refused"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			there, _ := emulate(t, nil)
			spoilt := true
			cloud := with(t, func() (adapter.Credentials, error) {
				credentials := demo(there)
				if spoilt {
					c.spoil(&credentials)
				}
				return credentials, nil
			})
			// An address where nobody is may be one later, so it is tried until the caller's end.
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			_, err := cloud.Build(ctx, newHost(t, cloud, plan), noNote)
			spoilt = false // also for the host's release
			require.ErrorContains(t, err, "cannot log in to OpenStack: ")
			require.ErrorContains(t, err, c.says)
			require.NotContains(t, err.Error(), "not this", "no secret in an error")
			require.Equal(t, pool.CodeInternal, pool.CodeOf(err), "it may be gone at the next try")
			_, err = cloud.Things(t.Context())
			require.NoError(t, err)
		})
	}
}

func TestCallersShareALogInThatFails(t *testing.T) {
	t.Parallel()
	there, _ := emulate(t, nil)
	require.NoError(t, there.Inject(openstack.Fault{Match: "POST /identity/*", Status: 401, DelayMS: 300, Message: "no"}))
	cloud := with(t, func() (adapter.Credentials, error) { return demo(there), nil })
	failed := make(chan error, 10)
	for range cap(failed) {
		go func() { _, err := cloud.Things(t.Context()); failed <- err }()
	}
	for range cap(failed) {
		require.ErrorContains(t, <-failed, "cannot log in")
	}
	require.LessOrEqual(t, there.Faults()[0].Met, 2, "those who wait for a log-in do not try it again one after the other")
}

func TestApplicationCredentialThatIsDeletedIsToldAndReplaced(t *testing.T) {
	t.Parallel()
	there, _ := emulate(t, func(c *openstack.Config) {
		c.Credentials = []openstack.Credential{
			{ID: "first", Secret: "a", User: "demo", Project: "demo"}, {ID: "second", Secret: "b", User: "demo", Project: "demo"},
		}
	})
	given := gophercloud.AuthOptions{ApplicationCredentialID: "first", ApplicationCredentialSecret: "a"}
	cloud := with(t, func() (adapter.Credentials, error) {
		auth := given
		auth.IdentityEndpoint, auth.AllowReauth = there.AuthURL(), true
		return adapter.Credentials{Auth: auth}, nil
	})
	_, err := cloud.Things(t.Context())
	require.NoError(t, err)
	require.True(t, there.RemoveCredential("first"))
	_, err = cloud.Things(t.Context())
	require.ErrorContains(t, err, "(the cloud answered 401)")
	given = gophercloud.AuthOptions{ApplicationCredentialID: "second", ApplicationCredentialSecret: "b"}
	_, err = cloud.Things(t.Context())
	require.NoError(t, err)
}

func TestPasswordThatIsChangedInCloudsYAMLIsReadWithoutAFailure(t *testing.T) {
	there, _ := emulate(t, nil)
	file := filepath.Join(t.TempDir(), "clouds.yaml")
	write := func(password string) {
		require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `clouds:
  ours: {auth: {auth_url: %q, username: demo, password: %q, project_name: demo}, region_name: RegionOne}
`, there.AuthURL(), password), 0o600))
	}
	write("demo")
	t.Setenv("OS_CLIENT_CONFIG_FILE", file)
	t.Setenv("OS_CLOUD", "ours")
	cloud := with(t, adapter.ReadCredentials)
	host := newHost(t, cloud, plan)
	machine, err := cloud.Build(t.Context(), host, noNote)
	require.NoError(t, err)

	require.True(t, there.ChangePassword("demo", "better"))
	write("better")
	again, err := cloud.Build(t.Context(), host, noNote)
	require.NoError(t, err)
	require.Equal(t, machine, again)
}

// wrongPlans hold for every OpenStack of the demo's resources. The twins are two
// security groups of one name.
func wrongPlans(twin string) []struct {
	why, field, says string
	change           func(*pool.HostPlan)
} {
	return []struct {
		why, field, says string
		change           func(*pool.HostPlan)
	}{
		{"a flavor that is not offered", "flavor", "mini (", func(p *pool.HostPlan) { p.Flavor = "huge" }},
		{"an image that is gone", "image", "Debian-12 (", func(p *pool.HostPlan) { p.Image = "CentOS-7.0" }},
		{"a network of nobody", "networks", "pool-net (", func(p *pool.HostPlan) { p.Networks = []string{"nowhere"} }},
		{"a master group that was not made", "master_group", "pb_server (", func(p *pool.HostPlan) { p.MasterGroup = "nobody" }},
		{"an extra group that was not made", "extra_groups", "pb_server (", func(p *pool.HostPlan) { p.ExtraGroups = []string{"nobody"} }},
		{"an extra group whose name two have", "extra_groups", "2 security groups named", func(p *pool.HostPlan) { p.ExtraGroups = []string{twin} }},
		{"a type of volumes that is not offered", "data_volume_type", "standard (", func(p *pool.HostPlan) { p.DataVolumeType = "golden" }},
		{"user-data that cloud-init would not know", "extra_user_data", "begin it with #cloud-config", func(p *pool.HostPlan) { p.ExtraUserData = "apt: update" }},
		{"user-data that is not YAML", "extra_user_data", "it is not YAML", func(p *pool.HostPlan) { p.ExtraUserData = "#cloud-config\n[" }},
		{"user-data that is too long", "extra_user_data", "OpenStack takes 65535", func(p *pool.HostPlan) {
			p.ExtraUserData = "#!/bin/sh\n" + strings.Repeat(":\n", 20000)
		}},
	}
}

func checkWrongPlans(t *testing.T, cloud *adapter.Cloud, person hands) {
	twin := "pb-twin-" + random(4)
	for range 2 {
		g, err := groups.Create(t.Context(), person.neutron, groups.CreateOpts{Name: twin}).Extract()
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, groups.Delete(context.Background(), person.neutron, g.ID).ExtractErr()) })
	}
	for _, c := range wrongPlans(twin) {
		t.Run(c.why, func(t *testing.T) {
			wrong := plan
			c.change(&wrong)
			for _, field := range []string{c.field, ""} {
				err := cloud.Check(t.Context(), wrong, field)
				require.Equal(t, pool.CodeInvalid, pool.CodeOf(err), "%v", err)
				require.ErrorContains(t, err, c.says)
				var said *pool.Error
				require.ErrorAs(t, err, &said)
				require.Equal(t, c.field, said.Field)
			}
			for _, other := range wrongPlans(twin) {
				if other.field != c.field {
					require.NoError(t, cloud.Check(t.Context(), wrong, other.field), "of %s it says nothing", other.field)
				}
			}
			_, err := cloud.Build(t.Context(), newHost(t, cloud, wrong), noNote)
			require.Equal(t, pool.CodeInvalid, pool.CodeOf(err), "%v", err)
			left, err := cloud.Things(t.Context())
			require.NoError(t, err)
			require.Empty(t, left, "what cannot be built leaves nothing behind")
		})
	}
}

func TestPlansWithoutAMatchAreToldByFieldWithWhatThereIs(t *testing.T) {
	t.Parallel()
	there, cloud := emulate(t, nil)
	checkWrongPlans(t, cloud, newHands(t, demo(there)))
}

func TestWhatIsNoLongerOfferedEndsNewHostsAndNoOther(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		why    string
		remove func(*openstack.Cloud) bool
		field  string
	}{
		{"the flavor is deleted", func(there *openstack.Cloud) bool { return there.RemoveFlavor("mini") }, "flavor"},
		{"the image is deleted", func(there *openstack.Cloud) bool { return there.RemoveImage("Debian-12") }, "image"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			there, cloud := emulate(t, nil)
			old := newHost(t, cloud, plan)
			machine, err := cloud.Build(t.Context(), old, noNote)
			require.NoError(t, err)
			old.Cloud = machine.Resources
			require.True(t, c.remove(there))

			_, err = cloud.Build(t.Context(), newHost(t, cloud, plan), noNote)
			var said *pool.Error
			require.ErrorAs(t, err, &said)
			require.Equal(t, pool.CodeInvalid, said.Code)
			require.Equal(t, c.field, said.Field)
			require.Len(t, there.Servers(), 1)
			require.NoError(t, cloud.Tend(t.Context(), old))
			again, err := cloud.Build(t.Context(), old, noNote)
			require.NoError(t, err)
			require.Equal(t, machine, again)
		})
	}
}

func TestAnswerThatIsLostLeavesOneOfEach(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ why, match string }{
		{"of the security group", "POST */security-groups"},
		{"of a rule", "POST */security-group-rules"},
		{"of the volume", "POST */volumes"},
		{"of the server", "POST */servers"},
	} {
		for _, loss := range []openstack.Fault{
			{Match: c.match, Times: 1, After: true, DropConnection: true},
			{Match: c.match, Times: 1, After: true, Status: 504, Body: "<html>the proxy gave up</html>"},
		} {
			t.Run(fmt.Sprintf("%s, status %d", c.why, loss.Status), func(t *testing.T) {
				t.Parallel()
				there, cloud := emulate(t, nil)
				require.NoError(t, there.Inject(loss))
				host := newHost(t, cloud, plan)
				machine, err := cloud.Build(t.Context(), host, noNote)
				require.NoError(t, err)
				require.Equal(t, 1, there.Faults()[0].Met)
				things, err := cloud.Things(t.Context())
				require.NoError(t, err)
				require.Len(t, things, 3)
				require.Len(t, newHands(t, demo(there)).openings(machine.Resources.SecurityGroupID), 2)
			})
		}
	}
}

func TestAnswerToAnAttachThatIsLostAttachesOnce(t *testing.T) {
	t.Parallel()
	there, cloud := emulate(t, nil)
	host := newHost(t, cloud, plan)
	machine, err := cloud.Build(t.Context(), host, noNote)
	require.NoError(t, err)
	host.Cloud = machine.Resources
	require.True(t, there.DetachVolume(host.Cloud.VolumeIDs[0]))
	require.NoError(t, there.Inject(openstack.Fault{Match: "POST */os-volume_attachments", Times: 1, After: true, DropConnection: true}))
	require.NoError(t, cloud.Tend(t.Context(), host))
	require.Equal(t, "in-use", there.Volumes()[0].Status)
}

func TestTwoInstallationsOfOneProjectLeaveEachOtherAlone(t *testing.T) {
	t.Parallel()
	there, theirs := emulate(t, nil)
	ours := with(t, func() (adapter.Credentials, error) { return demo(there), nil })
	host := newHost(t, theirs, plan)
	machine, err := theirs.Build(t.Context(), host, noNote)
	require.NoError(t, err)

	same := host // of the same name and id, as a copied state directory has
	_, err = ours.Build(t.Context(), same, noNote)
	require.Equal(t, pool.CodeBuildFailed, pool.CodeOf(err))
	require.ErrorContains(t, err, "without the mark of this installation")
	require.NoError(t, ours.Release(t.Context(), same), "of ours there is nothing")
	same.Cloud = machine.Resources
	require.Equal(t, pool.CodeHostLost, pool.CodeOf(ours.Tend(t.Context(), same)))
	require.ErrorContains(t, ours.Release(t.Context(), same), "not touched")
	mine, err := ours.Things(t.Context())
	require.NoError(t, err)
	require.Empty(t, mine)

	host.Cloud = machine.Resources
	require.NoError(t, theirs.Tend(t.Context(), host))
	other := newHost(t, ours, plan)
	_, err = ours.Build(t.Context(), other, noNote)
	require.NoError(t, err)
	require.NoError(t, theirs.Release(t.Context(), host))
	mine, err = ours.Things(t.Context())
	require.NoError(t, err)
	require.Len(t, mine, 3)
	require.Equal(t, other.ID, mine[0].HostID)
}

func TestBuildThatIsResumedForgetsNothing(t *testing.T) {
	t.Parallel()
	there, cloud := emulate(t, nil)
	host := newHost(t, cloud, plan)
	machine, err := cloud.Build(t.Context(), host, noNote)
	require.NoError(t, err)
	host.Cloud = machine.Resources
	noted := func(r pool.CloudResources) error {
		require.Equal(t, machine.Resources.SecurityGroupID, r.SecurityGroupID)
		require.NotEmpty(t, r.VolumeIDs)
		require.NotEmpty(t, r.ServerID)
		return nil
	}
	again, err := cloud.Build(t.Context(), host, noted)
	require.NoError(t, err)
	require.Equal(t, machine, again)

	require.True(t, there.RemoveServer(host.Cloud.ServerID))
	again, err = cloud.Build(t.Context(), host, noted)
	require.NoError(t, err)
	require.NotEqual(t, machine.Resources.ServerID, again.Resources.ServerID)
	host.Cloud = again.Resources
	require.NoError(t, cloud.Tend(t.Context(), host), "the record has no volume that is gone")
}

func TestThingsUnderAnotherNameAreFoundByTheirRecordedIDs(t *testing.T) {
	t.Parallel()
	there, cloud := emulate(t, nil)
	host := newHost(t, cloud, plan)
	machine, err := cloud.Build(t.Context(), host, noNote)
	require.NoError(t, err)
	host.Cloud = machine.Resources
	person, renamed := newHands(t, demo(there)), "renamed by hand"
	_, err = volumes.Update(t.Context(), person.cinder, host.Cloud.VolumeIDs[0], volumes.UpdateOpts{Name: &renamed}).Extract()
	require.NoError(t, err)
	_, err = groups.Update(t.Context(), person.neutron, host.Cloud.SecurityGroupID, groups.UpdateOpts{Name: renamed}).Extract()
	require.NoError(t, err)
	require.NoError(t, cloud.Tend(t.Context(), host))
	require.NoError(t, cloud.Release(t.Context(), host))
	require.Empty(t, there.Servers())
	require.Empty(t, there.Volumes())
}
