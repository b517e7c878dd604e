package command

import "maps"

// implementations returns what each command of every family does.
func implementations() map[string]implementation {
	all := map[string]implementation{}
	for _, f := range []family{
		connectionCommands,
		clientCommands,
		trackingCommands,
		monitorCommands,
		aclCommands,
		pubsubCommands,
		infoCommands,
		memoryCommands,
		slowlogCommands,
		latencyCommands,
		timeCommands,
		debugCommands,
		clusterCommands,
		replicationCommands,
		syncCommands,
		moduleCommands,
		transactionCommands,
		hashCommands,
		setCommands,
		sortCommands,
		listCommands,
		streamCommands,
		zsetCommands,
		geoCommands,
		commandCommands,
		stringCommands,
		bitmapCommands,
		bitfieldCommands,
		hllCommands,
		scriptCommands,
		functionCommands,
		throttleCommands,
		keysCommands,
		dumpCommands,
		migrateCommands,
		configCommands,
		persistenceCommands,
		activeCommands,
		timerCommands,
		dlqCommands,
		ruleCommands,
		limitCommands,
		stateCommands,
		secretCommands,
		explainCommands,
		grantCommands,
		aliasCommands,
		manifestCommands,
		messageCommands,
		dryRunCommands,
		logCommands,
		showCommands,
		statsCommands,
		replayCommands,
		feedCommands,
	} {
		maps.Copy(all, f)
	}
	return all
}
