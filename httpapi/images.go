package httpapi

import (
	"context"
	"slices"
	"time"

	"dockerdriver/actors/pool"
)

// image is the JSON shape of pool.Image, with where it is.
type image struct {
	ID      string        `json:"id" doc:"Digest of its configuration; empty when the file has a fault"`
	Tags    []string      `json:"tags"`
	File    string        `json:"file" doc:"Name in the image directory"`
	Size    int64         `json:"size" doc:"Bytes of the file"`
	Created *time.Time    `json:"created"`
	Changed *time.Time    `json:"changed"`
	Fault   string        `json:"fault" doc:"Why the file cannot be used; else empty"`
	Ports   []int         `json:"ports"`
	UsedBy  []string      `json:"used_by" doc:"Names of blueprints"`
	Hosts   []imageOnHost `json:"hosts"`
}

// presence says whether a host has an image.
const (
	imagePresent = "present"
	imageAbsent  = "absent"
)

type imageOnHost struct {
	HostID string `json:"host_id"`
	State  string `json:"state" enum:"absent,waiting,sending,verifying,failed,present"`
	Sent   int64  `json:"sent" doc:"Bytes"`
	Total  int64  `json:"total" doc:"Bytes"`
}

// push is the JSON shape of pool.Push, as events tell it.
type push struct {
	HostID  string         `json:"host_id"`
	ImageID string         `json:"image_id"`
	State   pool.PushState `json:"state" enum:"waiting,sending,verifying,done,failed"`
	Sent    int64          `json:"sent" doc:"Bytes"`
	Total   int64          `json:"total" doc:"Bytes"`
	Failure string         `json:"failure"`
}

func pushOf(p pool.Push) push {
	return push{HostID: p.HostID, ImageID: p.ImageID, State: p.State, Sent: p.Sent, Total: p.Total, Failure: p.Failure}
}

func imageOf(v *pool.View, i pool.Image) image {
	out := image{
		ID: i.ID, Tags: filled(i.Tags), File: i.File, Size: i.Size, Created: when(i.Created), Changed: when(i.Changed),
		Fault: i.Fault, Ports: filled(i.Ports), UsedBy: []string{}, Hosts: []imageOnHost{},
	}
	if i.Fault != "" {
		return out
	}
	for _, b := range v.Blueprints {
		if used, ok := pool.FindImage([]pool.Image{i}, b.Config.DockerImage); ok && used.ID == i.ID {
			out.UsedBy = append(out.UsedBy, b.Name)
		}
	}
	for _, h := range v.Hosts {
		if !h.State.Ended() {
			out.Hosts = append(out.Hosts, onHost(v, i.ID, h))
		}
	}
	return out
}

func onHost(v *pool.View, imageID string, h *pool.Host) imageOnHost {
	out := imageOnHost{HostID: h.ID, State: imageAbsent}
	at := slices.IndexFunc(v.Pushes, func(p pool.Push) bool { return p.HostID == h.ID && p.ImageID == imageID })
	if at < 0 {
		return out
	}
	p := v.Pushes[at]
	out.State, out.Sent, out.Total = string(p.State), p.Sent, p.Total
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
