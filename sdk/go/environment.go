//go:build wasip1 && !component

package lunatic

import "unsafe"

// Config is what processes of an environment may do.
type Config struct {
	MaxMemory  uint64   // bytes of a process
	MaxFuel    uint64   // units of 100,000 instructions; 0: no limit
	Namespaces []string // prefixes of the host functions that are allowed
	Dirs       []string // folders that they may use
	Node       string   // another node, or "" for this one
}

// Env is an environment: processes with common limits and a registry.
type Env struct {
	id uint64
}

// NewEnv makes an environment.
func NewEnv(config Config) (Env, error) {
	id := processCreateConfig(config.MaxMemory, config.MaxFuel)
	defer processDropConfig(id)
	for _, prefix := range config.Namespaces {
		processAllow(id, address(prefix), uint32(len(prefix)))
	}
	var result uint64
	for _, dir := range config.Dirs {
		if processPreopen(id, address(dir), uint32(len(dir)),
			unsafe.Pointer(&result)) != 0 {
			return Env{}, hostError(result)
		}
	}
	failed := uint32(0)
	if config.Node != "" {
		failed = processCreateRemoteEnv(id, address(config.Node),
			uint32(len(config.Node)), unsafe.Pointer(&result))
	} else {
		failed = processCreateEnv(id, unsafe.Pointer(&result))
	}
	if failed != 0 {
		return Env{}, hostError(result)
	}
	return Env{result}, nil
}

// Drop drops the handle; processes live on.
func (e Env) Drop() { processDropEnv(e.id) }

// Module is a module that processes can be spawned from. The zero Module is
// that of this process.
type Module struct {
	id uint64 // of the host, plus 1
}

// Add adds a module, as binary or text.
func (e Env) Add(data []byte) (Module, error) {
	var id uint64
	if processAddModule(e.id, unsafe.Pointer(unsafe.SliceData(data)),
		uint32(len(data)), unsafe.Pointer(&id)) != 0 {
		return Module{}, hostError(id)
	}
	return Module{id + 1}, nil
}

// AddThis adds the module of this process, so that its functions can be spawned
// in the environment.
func (e Env) AddThis() (Module, error) {
	var id uint64
	if processAddThisModule(e.id, unsafe.Pointer(&id)) != 0 {
		return Module{}, hostError(id)
	}
	return Module{id + 1}, nil
}

// Drop drops the handle; processes live on.
func (m Module) Drop() {
	if m.id != 0 {
		processDropModule(m.id - 1)
	}
}
