package openstack

import (
	"context"

	"dockerdriver/actors/cloud/openstack/userdata"
	"dockerdriver/actors/pool"
)

// Fields of a plan that Check looks at.
const (
	fieldFlavor        = "flavor"
	fieldImage         = "image"
	fieldNetworks      = "networks"
	fieldMasterGroup   = "master_group"
	fieldExtraGroups   = "extra_groups"
	fieldVolumeType    = "data_volume_type"
	fieldExtraUserData = "extra_user_data"
)

// Check tells whether the cloud has what one field of the plan names, or all of
// them for an empty field; of other fields it has nothing to say. The error is a
// *pool.Error with that Field and CodeInvalid, and says what there is instead;
// any other means that nobody knows. extra_user_data is looked at without a call,
// the others cost one call each (networks: one more for each network).
func (c *Cloud) Check(ctx context.Context, plan pool.HostPlan, field string) error {
	if field == fieldExtraUserData {
		return checkExtraUserData(plan)
	}
	return c.with(ctx, "", func(s *session) error {
		_, err := c.resolve(ctx, s, plan, field)
		return err
	})
}

func checkExtraUserData(plan pool.HostPlan) error {
	if err := userdata.CheckExtra(plan.ExtraUserData); err != nil {
		return pool.Invalid(fieldExtraUserData, sentence(err.Error()), "")
	}
	return nil
}
