//lint:file-ignore SA1019 the deprecated fields are what dockerd still sends

package engine

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/storage"
	"github.com/docker/go-connections/nat"
	"github.com/docker/go-units"
)

const (
	gateway     = "172.17.0.1"
	networkName = "bridge"
)

func (e *Engine) inspectContainer(w http.ResponseWriter, r *http.Request) error {
	c, err := e.containers.find(r.PathValue("name"))
	if err != nil {
		return err
	}
	now, this := c.snapshot()
	state := &container.State{
		Status: now.Status, Running: this != nil, OOMKilled: now.OOM, ExitCode: now.ExitCode, Error: now.Error,
		StartedAt: now.Started.Format(time.RFC3339Nano), FinishedAt: now.Finished.Format(time.RFC3339Nano),
	}
	logPath := ""
	if !now.Started.IsZero() {
		logPath = c.log.path
	}
	if this != nil {
		state.Pid = this.process.PID()
	}
	return writeJSON(w, http.StatusOK, container.InspectResponse{
		ContainerJSONBase: &container.ContainerJSONBase{
			ID: now.ID, Created: now.Created.Format(time.RFC3339Nano), Path: now.Path, Args: slices.Concat([]string{}, now.Args),
			State: state, Image: now.ImageID, LogPath: logPath, Name: "/" + now.Name, Driver: driver, Platform: "linux",
			HostConfig: now.Host, GraphDriver: storage.DriverData{Name: driver},
		},
		Mounts:          []container.MountPoint{},
		Config:          now.Config,
		NetworkSettings: networkSettings(this),
	})
}

func networkSettings(this *run) *container.NetworkSettings {
	settings := &container.NetworkSettings{Networks: map[string]*network.EndpointSettings{networkName: endpoint(this)}}
	settings.Ports = nat.PortMap{}
	if this != nil {
		settings.Ports = this.ports.Bound
		settings.IPAddress, settings.IPPrefixLen, settings.Gateway = this.address, 16, gateway
	}
	return settings
}

func endpoint(this *run) *network.EndpointSettings {
	if this == nil {
		return &network.EndpointSettings{}
	}
	return &network.EndpointSettings{IPAddress: this.address, IPPrefixLen: 16, Gateway: gateway}
}

func (e *Engine) listContainers(w http.ResponseWriter, r *http.Request) error {
	wanted, err := readFilters(r, "ancestor", "exited", "id", "label", "name", "status")
	if err != nil {
		return err
	}
	for _, status := range wanted.Get("status") {
		if container.ValidateContainerState(status) != nil {
			return fail(http.StatusBadRequest, "Invalid filter 'status=%s'", status)
		}
	}
	everything := truth(r, "all") || wanted.Contains("status") || wanted.Contains("exited") || r.URL.Query().Get("limit") != ""
	list := []container.Summary{}
	for _, c := range e.containers.all() {
		now, this := c.snapshot()
		if (everything || this != nil) && e.listed(wanted, now) {
			list = append(list, summary(now, this))
		}
	}
	var limit int
	if _, err := fmt.Sscan(r.URL.Query().Get("limit"), &limit); err == nil && limit > 0 && limit < len(list) {
		list = list[:limit]
	}
	return writeJSON(w, http.StatusOK, list)
}

func (e *Engine) listed(wanted filters.Args, now record) bool {
	ancestor := func() bool {
		return slices.ContainsFunc(wanted.Get("ancestor"), func(name string) bool {
			img, err := e.images.find(name)
			return err == nil && img.ID == now.ImageID
		})
	}
	return wanted.MatchKVList("label", now.Config.Labels) &&
		(wanted.Match("name", now.Name) || wanted.Match("name", "/"+now.Name)) &&
		wanted.FuzzyMatch("id", now.ID) &&
		wanted.ExactMatch("status", now.Status) &&
		(!wanted.Contains("exited") || !now.Finished.IsZero() && wanted.ExactMatch("exited", fmt.Sprint(now.ExitCode))) &&
		(!wanted.Contains("ancestor") || ancestor())
}

func summary(now record, this *run) container.Summary {
	line := container.Summary{
		ID: now.ID, Names: []string{"/" + now.Name}, Image: now.Image, ImageID: now.ImageID,
		Command: strings.Join(append([]string{now.Path}, now.Args...), " "),
		Created: now.Created.Unix(), Ports: []container.Port{}, Labels: now.Config.Labels,
		State: now.Status, Status: statusWords(now), Mounts: []container.MountPoint{},
		NetworkSettings: &container.NetworkSettingsSummary{Networks: map[string]*network.EndpointSettings{networkName: endpoint(this)}},
	}
	line.HostConfig.NetworkMode = string(now.Host.NetworkMode)
	if this == nil {
		return line
	}
	for port, bindings := range this.ports.Bound {
		if len(bindings) == 0 {
			line.Ports = append(line.Ports, container.Port{PrivatePort: uint16(port.Int()), Type: port.Proto()})
		}
		for _, binding := range bindings {
			public, err := nat.ParsePort(binding.HostPort)
			if err != nil {
				continue
			}
			line.Ports = append(line.Ports, container.Port{IP: binding.HostIP, PrivatePort: uint16(port.Int()), PublicPort: uint16(public), Type: port.Proto()})
		}
	}
	slices.SortFunc(line.Ports, func(a, b container.Port) int { return int(a.PrivatePort) - int(b.PrivatePort) })
	return line
}

// statusWords are dockerd's, such as "Up 5 minutes" and "Exited (137) 2 seconds ago".
func statusWords(now record) string {
	switch now.Status {
	case container.StateRunning:
		return "Up " + units.HumanDuration(time.Since(now.Started))
	case container.StateExited:
		return fmt.Sprintf("Exited (%d) %s ago", now.ExitCode, units.HumanDuration(time.Since(now.Finished)))
	default:
		return "Created"
	}
}
