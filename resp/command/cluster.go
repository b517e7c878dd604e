package command

import "comet/aso"

// clusterCommands are what a server without a cluster has to say about clusters and replicas.
var clusterCommands = family{
	"readonly":  {run: noCluster, access: accessNone},
	"readwrite": {run: noCluster, access: accessNone},
	"asking":    {run: noCluster, access: accessNone},

	"cluster|addslots":              {run: noCluster, access: accessNone},
	"cluster|addslotsrange":         {run: noCluster, access: accessNone},
	"cluster|bumpepoch":             {run: noCluster, access: accessNone},
	"cluster|count-failure-reports": {run: noCluster, access: accessNone},
	"cluster|countkeysinslot":       {run: noCluster, access: accessNone},
	"cluster|delslots":              {run: noCluster, access: accessNone},
	"cluster|delslotsrange":         {run: noCluster, access: accessNone},
	"cluster|failover":              {run: noCluster, access: accessNone},
	"cluster|flushslots":            {run: noCluster, access: accessNone},
	"cluster|forget":                {run: noCluster, access: accessNone},
	"cluster|getkeysinslot":         {run: noCluster, access: accessNone},
	"cluster|help":                  {run: noCluster, access: accessNone},
	"cluster|info":                  {run: noCluster, access: accessNone},
	"cluster|keyslot":               {run: noCluster, access: accessNone},
	"cluster|links":                 {run: noCluster, access: accessNone},
	"cluster|meet":                  {run: noCluster, access: accessNone},
	"cluster|myid":                  {run: noCluster, access: accessNone},
	"cluster|nodes":                 {run: noCluster, access: accessNone},
	"cluster|replicas":              {run: noCluster, access: accessNone},
	"cluster|replicate":             {run: noCluster, access: accessNone},
	"cluster|reset":                 {run: noCluster, access: accessNone},
	"cluster|saveconfig":            {run: noCluster, access: accessNone},
	"cluster|set-config-epoch":      {run: noCluster, access: accessNone},
	"cluster|setslot":               {run: noCluster, access: accessNone},
	"cluster|shards":                {run: noCluster, access: accessNone},
	"cluster|slaves":                {run: noCluster, access: accessNone},
	"cluster|slots":                 {run: noCluster, access: accessNone},
}

const errNoCluster = aso.Error("ERR This instance has cluster support disabled")

// noCluster is the reply to all commands of a cluster.
func noCluster(*Call) error { return errNoCluster }
