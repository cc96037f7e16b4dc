//go:build wasip1 && !component

package lunatic

import "unsafe"

// The host functions: docs/abi.md. Go moves no memory on the heap, and a stack
// not while it is in a host function, so addresses stay valid as long as these
// functions wait.

//go:wasmimport lunatic::error string_size
func errorStringSize(id uint64) uint32

//go:wasmimport lunatic::error to_string
func errorToString(id uint64, text unsafe.Pointer)

//go:wasmimport lunatic::error drop
func errorDrop(id uint64)

//go:wasmimport lunatic::message create_data
func messageCreate(tag int64, capacity uint64)

//go:wasmimport lunatic::message write_data
func messageWrite(data unsafe.Pointer, size uint32) uint32

//go:wasmimport lunatic::message read_data
func messageRead(data unsafe.Pointer, size uint32) uint32

//go:wasmimport lunatic::message data_size
func messageSize() uint64

//go:wasmimport lunatic::message get_tag
func messageTag() int64

//go:wasmimport lunatic::message push_process
func messagePushProcess(id uint64) uint64

//go:wasmimport lunatic::message take_process
func messageTakeProcess(index uint64) uint64

//go:wasmimport lunatic::message push_tcp_stream
func messagePushStream(id uint64) uint64

//go:wasmimport lunatic::message take_tcp_stream
func messageTakeStream(index uint64) uint64

//go:wasmimport lunatic::message send
func messageSend(process uint64)

//go:wasmimport lunatic::message new_tag
func messageNewTag() int64

//go:wasmimport lunatic::message request
func messageRequest(process uint64, timeout uint32) uint32

//go:wasmimport lunatic::message send_after
func messageSendAfter(process uint64, milliseconds uint64) uint64

//go:wasmimport lunatic::message send_every
func messageSendEvery(process uint64, milliseconds uint64) uint64

//go:wasmimport lunatic::message cancel_timer
func messageCancelTimer(id uint64) int64

//go:wasmimport lunatic::message receive
func messageReceive(tags unsafe.Pointer, count uint32, timeout uint32) uint32

//go:wasmimport lunatic::message try_receive
func messageTryReceive(tags unsafe.Pointer, count uint32) uint32

//go:wasmimport lunatic::message mailbox_fd
func messageMailboxFile() int32

//go:wasmimport lunatic::networking resolve
func netResolve(name unsafe.Pointer, nameLen uint32, timeout uint32,
	id unsafe.Pointer) uint32

//go:wasmimport lunatic::networking resolve_next
func netResolveNext(iterator uint64, version unsafe.Pointer, ip unsafe.Pointer,
	port unsafe.Pointer, flow unsafe.Pointer, scope unsafe.Pointer) uint32

//go:wasmimport lunatic::networking drop_dns_iterator
func netDropIterator(id uint64)

//go:wasmimport lunatic::networking tcp_bind
func netBind(version uint32, ip unsafe.Pointer, port uint32, flow uint32,
	scope uint32, id unsafe.Pointer) uint32

//go:wasmimport lunatic::networking drop_tcp_listener
func netDropListener(id uint64)

//go:wasmimport lunatic::networking local_addr
func netLocalAddr(listener uint64, id unsafe.Pointer) uint32

//go:wasmimport lunatic::networking tcp_accept
func netAccept(listener uint64, id unsafe.Pointer, peer unsafe.Pointer) uint32

//go:wasmimport lunatic::networking tcp_connect
func netConnect(version uint32, ip unsafe.Pointer, port uint32, flow uint32,
	scope uint32, timeout uint32, id unsafe.Pointer) uint32

//go:wasmimport lunatic::networking drop_tcp_stream
func netDropStream(id uint64)

//go:wasmimport lunatic::networking clone_tcp_stream
func netCloneStream(id uint64) uint64

//go:wasmimport lunatic::networking tcp_stream_fd
func netStreamFile(stream uint64) int32

//go:wasmimport lunatic::networking tcp_listener_fd
func netListenerFile(listener uint64) int32

//go:wasmimport lunatic::process create_config
func processCreateConfig(maxMemory uint64, maxFuel uint64) uint64

//go:wasmimport lunatic::process drop_config
func processDropConfig(id uint64)

//go:wasmimport lunatic::process allow_namespace
func processAllow(config uint64, prefix unsafe.Pointer, prefixLen uint32)

//go:wasmimport lunatic::process preopen_dir
func processPreopen(config uint64, dir unsafe.Pointer, dirLen uint32,
	id unsafe.Pointer) uint32

//go:wasmimport lunatic::process create_environment
func processCreateEnv(config uint64, id unsafe.Pointer) uint32

//go:wasmimport lunatic::process create_remote_environment
func processCreateRemoteEnv(config uint64, node unsafe.Pointer, nodeLen uint32,
	id unsafe.Pointer) uint32

//go:wasmimport lunatic::process drop_environment
func processDropEnv(id uint64)

//go:wasmimport lunatic::process this_env
func processThisEnv() uint64

//go:wasmimport lunatic::process add_module
func processAddModule(env uint64, data unsafe.Pointer, dataLen uint32,
	id unsafe.Pointer) uint32

//go:wasmimport lunatic::process add_this_module
func processAddThisModule(env uint64, id unsafe.Pointer) uint32

//go:wasmimport lunatic::process drop_module
func processDropModule(id uint64)

//go:wasmimport lunatic::process spawn
func processSpawn(link int64, module uint64, function unsafe.Pointer,
	functionLen uint32, params unsafe.Pointer, paramsLen uint32,
	id unsafe.Pointer) uint32

//go:wasmimport lunatic::process inherit_spawn
func processInheritSpawn(link int64, function unsafe.Pointer,
	functionLen uint32, params unsafe.Pointer, paramsLen uint32,
	id unsafe.Pointer) uint32

//go:wasmimport lunatic::process drop_process
func processDrop(id uint64)

//go:wasmimport lunatic::process clone_process
func processClone(id uint64) uint64

//go:wasmimport lunatic::process sleep_ms
func processSleep(milliseconds uint64)

//go:wasmimport lunatic::process die_when_link_dies
func processDieWhenLinkDies(dies uint32)

//go:wasmimport lunatic::process this
func processThis() uint64

//go:wasmimport lunatic::process id
func processUUID(id uint64, uuid unsafe.Pointer)

//go:wasmimport lunatic::process link
func processLink(tag int64, id uint64)

//go:wasmimport lunatic::process unlink
func processUnlink(id uint64)

//go:wasmimport lunatic::process kill
func processKill(id uint64)

//go:wasmimport lunatic::process monitor
func processMonitor(id uint64) int64

//go:wasmimport lunatic::process demonitor
func processDemonitor(tag int64) uint32

//go:wasmimport lunatic::process set_label
func processSetLabel(label unsafe.Pointer, labelLen uint32)

//go:wasmimport lunatic::process register
func processRegister(name unsafe.Pointer, nameLen uint32,
	version unsafe.Pointer, versionLen uint32, env uint64,
	process uint64) uint32

//go:wasmimport lunatic::process unregister
func processUnregister(name unsafe.Pointer, nameLen uint32,
	version unsafe.Pointer, versionLen uint32, env uint64) uint32

//go:wasmimport lunatic::process lookup
func processLookup(name unsafe.Pointer, nameLen uint32, query unsafe.Pointer,
	queryLen uint32, id unsafe.Pointer) uint32
