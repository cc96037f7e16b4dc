//go:build wasip1

package lunatic

import "unsafe"

func registryError(result uint32) error {
	switch result {
	case 0:
		return nil
	case 1:
		return ErrVersion
	}
	return ErrNotFound
}

// Register registers a process under a name and a semantic version in this
// environment, in the place of one that has them. It traps if the registry is
// full.
func Register(name, version string, p Process) error {
	return registryError(processRegister(address(name), uint32(len(name)),
		address(version), uint32(len(version)), thisEnv(), p.handle()))
}

// Unregister removes a name and version.
func Unregister(name, version string) error {
	return registryError(processUnregister(address(name),
		uint32(len(name)), address(version), uint32(len(version)),
		thisEnv()))
}

// Lookup finds the process with the highest version that fulfils a requirement
// such as "1.2", ">=1, <3" or "*".
func Lookup(name, requirement string) (p Process, err error) {
	var id uint64
	err = registryError(processLookup(address(name), uint32(len(name)),
		address(requirement), uint32(len(requirement)),
		unsafe.Pointer(&id)))
	if err == nil {
		p.id = id + 1
	}
	return p, err
}

var ownEnv uint64 // plus 1

func thisEnv() uint64 {
	if ownEnv == 0 {
		ownEnv = processThisEnv() + 1
	}
	return ownEnv - 1
}
