package httpapi

import (
	"context"
	"slices"
	"strings"
	"time"

	"dockerdriver/actors/pool"
)

// image is the JSON shape of pool.Image, with where it is.
type image struct {
	ID       string        `json:"id" doc:"Digest of its configuration; empty when the file has a fault"`
	Tags     []string      `json:"tags"`
	File     string        `json:"file" doc:"Name in the image directory"`
	Size     int64         `json:"size" doc:"Bytes of the file"`
	Unpacked int64         `json:"unpacked" doc:"Bytes of its layers as tar, what an engine unpacks"`
	Platform string        `json:"platform" doc:"os/architecture[/variant]; empty when unknown"`
	Layers   int           `json:"layers" doc:"How many"`
	Created  *time.Time    `json:"created"`
	Changed  *time.Time    `json:"changed"`
	Fault    string        `json:"fault" doc:"Why the file cannot be used; else empty"`
	Ports    []int         `json:"ports"`
	UsedBy   []string      `json:"used_by" doc:"Names of blueprints"`
	Running  int           `json:"running" doc:"Live instances of this very image"`
	Outdated []outdated    `json:"outdated" doc:"Live instances of an older image of the same name"`
	Hosts    []imageOnHost `json:"hosts"`
}

// outdated is an instance that was launched before its image was replaced. It
// keeps the image that it has.
type outdated struct {
	InstanceID   string `json:"instance_id"`
	InstanceName string `json:"instance_name"`
	ImageID      string `json:"image_id" doc:"What it runs"`
}

// presence says whether a host has an image.
const (
	imagePresent = "present"
	imageAbsent  = "absent"
)

type imageOnHost struct {
	HostID     string   `json:"host_id"`
	State      string   `json:"state" enum:"absent,waiting,sending,verifying,failed,present"`
	Sent       int64    `json:"sent" doc:"Bytes"`
	Total      int64    `json:"total" doc:"Bytes that are sent"`
	Skipped    int64    `json:"skipped" doc:"Bytes of layers that the host had already"`
	ETASeconds *float64 `json:"eta_seconds" doc:"null while it cannot be estimated"`
	Failure    string   `json:"failure" doc:"Why the last push failed; else empty"`
}

// push is the JSON shape of pool.Push, as events tell it.
type push struct {
	HostID     string         `json:"host_id"`
	ImageID    string         `json:"image_id"`
	State      pool.PushState `json:"state" enum:"waiting,sending,verifying,done,failed"`
	Sent       int64          `json:"sent" doc:"Bytes"`
	Total      int64          `json:"total" doc:"Bytes that are sent"`
	Skipped    int64          `json:"skipped" doc:"Bytes of layers that the host had already"`
	ETASeconds *float64       `json:"eta_seconds" doc:"null while it cannot be estimated"`
	Failure    string         `json:"failure"`
}

func pushOf(p pool.Push) push {
	return push{
		HostID: p.HostID, ImageID: p.ImageID, State: p.State, Sent: p.Sent, Total: p.Total, Skipped: p.Skipped,
		ETASeconds: etaOf(p), Failure: p.Failure,
	}
}

func etaOf(p pool.Push) *float64 {
	left, known := p.Left(time.Now())
	if !known {
		return nil
	}
	seconds := left.Seconds()
	return &seconds
}

func imageOf(v *pool.View, i pool.Image) image {
	out := image{
		ID: i.ID, Tags: filled(i.Tags), File: i.File, Size: i.Size, Unpacked: i.Unpacked, Platform: i.Platform, Layers: len(i.Layers),
		Created: when(i.Created), Changed: when(i.Changed), Fault: i.Fault, Ports: filled(i.Ports),
		UsedBy: []string{}, Outdated: []outdated{}, Hosts: []imageOnHost{},
	}
	if i.Fault != "" {
		return out
	}
	for _, b := range v.Blueprints {
		if used, ok := pool.FindImage([]pool.Image{i}, b.Config.DockerImage); ok && used.ID == i.ID {
			out.UsedBy = append(out.UsedBy, b.Name)
		}
	}
	out.Running, out.Outdated = drift(v, i)
	for _, h := range v.Hosts {
		if !h.State.Ended() {
			out.Hosts = append(out.Hosts, onHost(v, i.ID, h))
		}
	}
	return out
}

// drift counts the live instances of an image, and tells those that run another
// one which had one of its names when they were launched.
func drift(v *pool.View, image pool.Image) (running int, behind []outdated) {
	behind = []outdated{}
	for _, i := range v.Instances {
		switch {
		case !i.State.Live():
		case i.Spec.ImageID == image.ID:
			running++
		case slices.Contains(image.Tags, pool.NormalizeRef(i.Spec.ImageRef)):
			behind = append(behind, outdated{InstanceID: i.ID, InstanceName: i.Name, ImageID: i.Spec.ImageID})
		}
	}
	return running, behind
}

func onHost(v *pool.View, imageID string, h *pool.Host) imageOnHost {
	out := imageOnHost{HostID: h.ID, State: imageAbsent}
	at := slices.IndexFunc(v.Pushes, func(p pool.Push) bool { return p.HostID == h.ID && p.ImageID == imageID })
	if at < 0 {
		return out
	}
	p := v.Pushes[at]
	out.State, out.Sent, out.Total, out.Skipped, out.ETASeconds, out.Failure = string(p.State), p.Sent, p.Total, p.Skipped, etaOf(p), p.Failure
	if p.State == pool.PushDone { // the engine has shown it by its digest
		out.State = imagePresent
	}
	return out
}

func imagesOf(v *pool.View) list[image] {
	items := make([]image, 0, len(v.Images))
	for _, i := range v.Images {
		items = append(items, imageOf(v, i))
	}
	return list[image]{Items: items}
}

func (s *server) listImages(context.Context, *WholeInput) (*listOutput[image], error) {
	return &listOutput[image]{Body: imagesOf(s.Views.Snapshot())}, nil
}

// DigestInput is the image in a path.
type DigestInput struct {
	Digest string `path:"digest" maxLength:"255" doc:"The image's id (sha256:…); for a file with a fault its name"`
}

type pushInput struct {
	DigestInput
	Body *struct {
		HostIDs []string `json:"host_ids,omitempty" maxItems:"1000" doc:"Left out or empty: every active host"`
	}
}

func (s *server) pushImage(ctx context.Context, in *pushInput) (*bodyOutput[image], error) {
	var hosts []string
	if in.Body != nil {
		hosts = in.Body.HostIDs
	}
	if err := s.Images.PushImage(ctx, callerOf(ctx).User, in.Digest, hosts); err != nil {
		return nil, err
	}
	s.note(ctx, "image.push", in.Digest, clip(strings.Join(hosts, ", "), 256))
	v := s.Views.Snapshot()
	found, ok := pool.FindImage(v.Images, in.Digest)
	if !ok {
		return nil, notFound("image")
	}
	return &bodyOutput[image]{Body: imageOf(v, found)}, nil
}

func (s *server) removeImage(ctx context.Context, in *DigestInput) (*emptyOutput, error) {
	if err := s.Images.RemoveImage(ctx, callerOf(ctx).User, in.Digest); err != nil {
		return nil, err
	}
	s.note(ctx, "image.remove", in.Digest, "")
	return &emptyOutput{}, nil
}
