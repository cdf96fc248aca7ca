package openstack

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

type blockDevice struct {
	BootIndex   any     `json:"boot_index"`
	UUID        string  `json:"uuid"`
	Source      string  `json:"source_type"`
	Destination string  `json:"destination_type"`
	Size        any     `json:"volume_size"`
	Dies        bool    `json:"delete_on_termination"`
	VolumeType  *string `json:"volume_type"`
	Tag         *string `json:"tag"`
}

// disk is a volume that a server is to have: one that exists, or one that is to be made.
type disk struct {
	volume *volume
	size   int
	image  string
	dies   bool
}

// whole reads a number that clients also send as text.
func whole(value any) (int, bool) {
	n := 0
	_, err := fmt.Sscan(fmt.Sprint(value), &n)
	return n, err == nil
}

// chooseDisks says what the server boots from, and which volumes it is to have.
func (c *Cloud) chooseDisks(k *call, s *server, asked serverRequest) ([]disk, error) {
	disks, boots := []disk{}, 0
	for _, d := range asked.Devices {
		if d.VolumeType != nil && k.minor < 67 {
			return nil, unexpected("block_device_mapping_v2", "volume_type")
		}
		if d.Tag != nil && k.minor < 42 {
			return nil, unexpected("block_device_mapping_v2", "tag")
		}
		if n, ok := whole(d.BootIndex); ok && n == 0 {
			boots++
		}
		if d.Destination == "local" || d.Destination == "" && d.Source != "volume" {
			if d.Source == "image" && d.UUID != asked.ImageRef {
				return nil, fail(http.StatusBadRequest, "Mapping image to local is not supported.")
			}
			continue
		}
		made, err := c.chooseDisk(s, d)
		if err != nil {
			return nil, err
		}
		disks = append(disks, made)
	}
	if asked.ImageRef == "" && boots == 0 && len(asked.Devices) == 0 {
		return nil, fail(http.StatusBadRequest, "Missing imageRef attribute")
	}
	if boots > 1 || len(asked.Devices) > 0 && boots == 0 {
		return nil, fail(http.StatusBadRequest, "Block Device Mapping is Invalid: Boot sequence for the instance and image/block device mapping combination is not valid.")
	}
	return disks, c.chooseImage(s, asked.ImageRef, len(disks) == 0)
}

func (c *Cloud) chooseImage(s *server, reference string, local bool) error {
	if reference == "" {
		return nil
	}
	id := reference[strings.LastIndex(reference, "/")+1:]
	if !uuidShape.MatchString(id) && !slices.ContainsFunc(c.images, func(i Image) bool { return i.ID == id }) {
		return fail(http.StatusBadRequest, "Invalid input for field/attribute imageRef. Value: %s. '%s' is not valid under any of the given schemas", reference, reference)
	}
	i, ok := c.imageFor(s.project, id)
	if !ok {
		return fail(http.StatusBadRequest, "Can not find requested image")
	}
	if i.MinRAM > s.flavor.RAM {
		return fail(http.StatusBadRequest, "Flavor's memory is too small for requested image.")
	}
	if local && s.flavor.Disk > 0 && i.MinDisk > s.flavor.Disk {
		return fail(http.StatusBadRequest, "Flavor's disk is too small for requested image. Flavor disk is %d bytes, minimum size is %d bytes.", s.flavor.Disk<<30, i.MinDisk<<30)
	}
	s.image = i.ID
	return nil
}

func (c *Cloud) chooseDisk(s *server, d blockDevice) (disk, error) {
	size, _ := whole(d.Size)
	switch d.Source {
	case "volume":
		v := c.volumeFor(s.project, d.UUID)
		if v == nil {
			return disk{}, fail(http.StatusBadRequest, "Block Device Mapping is Invalid: failed to get volume %s.", d.UUID)
		}
		if v.status != "available" {
			return disk{}, fail(http.StatusBadRequest, "Block Device Mapping is Invalid: failed to get volume %s. Invalid volume: volume '%s' status must be 'available'. Currently in '%s'", v.id, v.id, v.status)
		}
		return disk{volume: v, dies: d.Dies}, nil
	case "image":
		i, ok := c.imageFor(s.project, d.UUID)
		if !ok {
			return disk{}, fail(http.StatusBadRequest, "Block Device Mapping is Invalid: failed to get image %s.", d.UUID)
		}
		if size < 1 {
			return disk{}, fail(http.StatusBadRequest, "Images with destination_type 'volume' need to have a non-zero size specified")
		}
		if size < i.MinDisk {
			return disk{}, fail(http.StatusBadRequest, "Volume is smaller than the minimum size specified in image metadata. Volume size is %d bytes, minimum size is %d bytes.", size<<30, i.MinDisk<<30)
		}
		return disk{size: size, image: i.ID, dies: d.Dies}, nil
	case "blank":
		if size < 1 {
			return disk{}, fail(http.StatusBadRequest, "Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size")
		}
		return disk{size: size, dies: d.Dies}, nil
	}
	return disk{}, fail(http.StatusBadRequest, "Invalid input for field/attribute source_type. Value: %s. '%s' is not one of ['volume', 'image', 'snapshot', 'blank']", d.Source, d.Source)
}
