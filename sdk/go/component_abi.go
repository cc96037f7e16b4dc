//go:build wasip1 && component

package lunatic

import "unsafe"

// The functions of the package lunatic:process (sdk/wit/process.wit), as they
// are called by core modules. Memory of arguments stays where it is meanwhile:
// see component_memory.go.

//go:wasmimport lunatic:process/processes@0.1.0 [resource-drop]process
func witProcessDrop(process int32)

//go:wasmimport lunatic:process/processes@0.1.0 [method]process.id
func witProcessID(process int32) uint64

//go:wasmimport lunatic:process/processes@0.1.0 [method]process.duplicate
func witProcessDuplicate(process int32) int32

//go:wasmimport lunatic:process/processes@0.1.0 [method]process.kill
func witProcessKill(process int32)

//go:wasmimport lunatic:process/processes@0.1.0 current
func witCurrent() int32

//go:wasmimport lunatic:process/processes@0.1.0 spawn-with
func witSpawnWith(function unsafe.Pointer, functionLen uint32,
	argument unsafe.Pointer, argumentLen uint32, isLinked int32, link int64,
	processes unsafe.Pointer, processesLen uint32, result unsafe.Pointer)

//go:wasmimport lunatic:process/processes@0.1.0 take-startup
func witTakeStartup(result unsafe.Pointer)

//go:wasmimport lunatic:process/processes@0.1.0 sleep
func witSleep(milliseconds uint64)

//go:wasmimport lunatic:process/processes@0.1.0 set-label
func witSetLabel(label unsafe.Pointer, labelLen uint32)

//go:wasmimport lunatic:process/mailbox@0.1.0 send-with
func witSendWith(to int32, tag int64, data unsafe.Pointer, dataLen uint32,
	processes unsafe.Pointer, processesLen uint32)

//go:wasmimport lunatic:process/mailbox@0.1.0 receive
func witReceive(isLimited int32, timeout uint64, result unsafe.Pointer)

//go:wasmimport lunatic:process/mailbox@0.1.0 receive-tagged
func witReceiveTagged(tags unsafe.Pointer, tagsLen uint32, isLimited int32,
	timeout uint64, result unsafe.Pointer)

//go:wasmimport lunatic:process/links@0.1.0 link
func witLink(to int32, tag int64)

//go:wasmimport lunatic:process/links@0.1.0 unlink
func witUnlink(who int32)

//go:wasmimport lunatic:process/links@0.1.0 die-with-links
func witDieWithLinks(die int32)

//go:wasmimport lunatic:process/monitors@0.1.0 monitor
func witMonitor(of int32) int64

//go:wasmimport lunatic:process/monitors@0.1.0 demonitor
func witDemonitor(tag int64) int32

//go:wasmimport lunatic:process/registry@0.1.0 register
func witRegister(name unsafe.Pointer, nameLen uint32, version unsafe.Pointer,
	versionLen uint32, who int32, result unsafe.Pointer)

//go:wasmimport lunatic:process/registry@0.1.0 unregister
func witUnregister(name unsafe.Pointer, nameLen uint32, version unsafe.Pointer,
	versionLen uint32, result unsafe.Pointer)

//go:wasmimport lunatic:process/registry@0.1.0 lookup
func witLookup(name unsafe.Pointer, nameLen uint32, requirement unsafe.Pointer,
	requirementLen uint32, result unsafe.Pointer)

//go:wasmimport lunatic:process/timers@0.1.0 send-after
func witSendAfter(to int32, milliseconds uint64, tag int64, data unsafe.Pointer,
	dataLen uint32) uint64

//go:wasmimport lunatic:process/timers@0.1.0 send-every
func witSendEvery(to int32, milliseconds uint64, tag int64, data unsafe.Pointer,
	dataLen uint32) uint64

//go:wasmimport lunatic:process/timers@0.1.0 cancel
func witCancel(timer uint64, result unsafe.Pointer)
