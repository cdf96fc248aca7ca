package main

// commands is the whole command line. Every flag can also be given as a
// DOCKERDRIVER_* variable or in the --config file; the flag wins over the
// variable, and the variable over the file.
type commands struct {
	Config configFile `placeholder:"FILE" help:"YAML file with values of flags, by their names without the dashes in front."`

	Serve    serveCommand    `kong:"cmd,help='Run the server.',set='listen=:443',set='data_dir=${system_dir}',set='clouds=openstack,local,emulator',set='cloud=local',set='log_format=json'"`
	Demo     demoCommand     `kong:"cmd,help='Run a server with development defaults, ready to try.',set='listen=127.0.0.1:8080',set='data_dir=${demo_dir}',set='clouds=auto,openstack,local,emulator',set='cloud=auto',set='log_format=console'"`
	Proxy    proxyCommand    `cmd:"" help:"Serve notebooks in a process of its own, which a restart of the server does not touch."`
	Notebook notebookCommand `cmd:"" help:"Run the demo notebook, as the demo image does in its container."`
	Fence    fenceCommands   `cmd:"" hidden:"" help:"Try from within a container what containers must not reach, and tell its disk."`

	Emulator emulatorCommand `cmd:"" help:"Run emulated Docker engines as a process of their own, for a server with --cloud emulator --emulator-url."`

	Status   statusCommand    `cmd:"" help:"Show how the pool is, once or live."`
	Drain    drainCommand     `cmd:"" help:"Empty the pool until nothing of it is left in the cloud, and follow how far it is."`
	Retry    retryCommand     `cmd:"" help:"Try a part of the server again that was set aside after repeated failures."`
	Instance instanceCommands `cmd:"" help:"List, launch, stop and read instances."`
	Host     hostCommands     `cmd:"" help:"List, read, retire and release notebook hosts; list strays in the cloud."`
	Image    imageCommands    `cmd:"" help:"List, pull, push, remove and verify images; make the demo image."`
	Variable variableCommands `cmd:"" help:"Read and change the pool's variables."`
	User     userCommands     `cmd:"" help:"List and add users."`
	Backup   backupCommand    `cmd:"" help:"Copy the database, while the server runs or not."`
	Restore  restoreCommand   `cmd:"" help:"Put a backup in the place of a database that is damaged."`
	Version  versionCommand   `cmd:"" help:"Show what this program was built from."`
}
