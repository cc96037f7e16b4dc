//go:build wasip1 && component

package lunatic

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"
	"unsafe"
)

// What the package is made of in a component (-tags component): the functions
// that a module has from the host (abi.go), on top of those of lunatic:process.

//go:wasmexport wasi:cli/run@0.2.0#run
func run() uint32 {
	mainMain()
	return 0
}

//go:wasmexport lunatic:process/worker@0.1.0#start
func work() {
	name, argument := startup()
	if argument == nil {
		fmt.Fprintln(os.Stderr, "lunatic: the process was not spawned by "+
			"a defined function")
		os.Exit(1)
	}
	function, is := defined[key(name)]
	var err error
	if !is || function.name != name {
		err = errors.New("no function of that name is defined")
	} else {
		err = function.call(argument)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "lunatic: cannot begin %s: %v\n", name, err)
		os.Exit(1)
	}
}

// startup is what the process was spawned with.
func startup() (name string, argument *Message) {
	scratch.Lock()
	defer scratch.Unlock()
	var result [7]uint32
	beginLists()
	witTakeStartup(unsafe.Pointer(&result))
	endLists()
	if result[0]&0xff == 0 {
		return "", nil
	}
	mail.fill(0, bytesAt(result[3], result[4]),
		handlesAt(result[5], result[6]))
	return string(bytesAt(result[1], result[2])), load(Data)
}

// SpawnName starts a process that calls the function that was defined under a
// name in the component, with an argument of its type.
func SpawnName(name string, how How, argument any) (p Process, err error) {
	out, err := encodeNew(0, argument)
	if err != nil {
		return Process{}, err
	}
	stale := out.use(func() { p, err = spawn(name, how.Link) })
	if stale != nil {
		return Process{}, stale
	}
	if err == nil && how.monitor != nil {
		*how.monitor = p.Monitor()
	}
	return p, err
}

// spawn starts a process with the message as its argument.
func spawn(name string, link int64) (Process, error) {
	isLinked := int32(0)
	if link != 0 {
		isLinked = 1
	}
	var result [4]uint32
	beginLists()
	witSpawnWith(address(name), uint32(len(name)),
		unsafe.Pointer(unsafe.SliceData(mail.data)),
		uint32(len(mail.data)), isLinked, link,
		unsafe.Pointer(unsafe.SliceData(mail.handles)),
		uint32(len(mail.handles)), unsafe.Pointer(&result))
	endLists()
	defer mail.clear()
	switch {
	case result[0]&0xff == 0:
		return Process{uint64(result[1]) + 1}, nil
	case result[1]&0xff == 0:
		return Process{}, errors.New("lunatic: the component exports no worker")
	}
	return Process{}, errors.New(string(bytesAt(result[2], result[3])))
}

// Module is that of this process: the zero Module is the only one.
type Module struct{}

// mail is the message that is being written, or was received last. Its handles
// belong to the process until they are taken; 0 is one that was.
var mail letter

type letter struct {
	tag     int64
	data    []byte
	handles []int32
}

func (m *letter) fill(tag int64, data []byte, handles []int32) {
	m.clear()
	*m = letter{tag, data, handles}
}

func (m *letter) clear() {
	for _, handle := range m.handles {
		if handle != 0 {
			witProcessDrop(handle)
		}
	}
	*m = letter{}
}

func messageCreate(tag int64, _ uint64) { mail.fill(tag, nil, nil) }

// What is written first is not copied: it is sent before the caller goes on.
func messageWrite(data unsafe.Pointer, size uint32) uint32 {
	bytes := unsafe.Slice((*byte)(data), size)
	if mail.data == nil {
		mail.data = bytes[:size:size]
	} else {
		mail.data = append(mail.data, bytes...)
	}
	return size
}

func messageData() []byte { return mail.data }

func messageTag() int64 { return mail.tag }

func messagePushProcess(id uint64) uint64 {
	mail.handles = append(mail.handles, int32(id))
	return uint64(len(mail.handles) - 1)
}

func messageHasProcess(index uint64) bool {
	return index < uint64(len(mail.handles)) && mail.handles[index] != 0
}

func messageTakeProcess(index uint64) uint64 {
	handle := mail.handles[index]
	mail.handles[index] = 0
	return uint64(handle)
}

func messageSend(process uint64) {
	witSendWith(int32(process), mail.tag,
		unsafe.Pointer(unsafe.SliceData(mail.data)),
		uint32(len(mail.data)),
		unsafe.Pointer(unsafe.SliceData(mail.handles)),
		uint32(len(mail.handles)))
	mail.clear()
}

// Tags of requests are from 2^62 on: NewTag does not return them.
const firstCall = 1 << 62

var calls int64

func messageNewTag() int64 {
	calls++
	return firstCall + calls
}

// isLate tells whether a message is an answer to a call that waits no more.
func isLate(kind uint32) bool {
	return Kind(kind) == Data && mail.tag > firstCall &&
		mail.tag <= firstCall+calls
}

func messageRequest(process uint64, timeout uint32) uint32 {
	tags := [2]int64{mail.tag, witMonitor(int32(process))}
	messageSend(process)
	kind := receive(tags[:], timeout)
	witDemonitor(tags[1])
	return kind
}

func messageReceive(tags unsafe.Pointer, count uint32, timeout uint32) uint32 {
	list := unsafe.Slice((*int64)(tags), count)
	if calls == 0 || count != 0 {
		return receive(list, timeout)
	}
	begin := time.Now()
	for {
		kind := receive(list, timeout)
		if kind == timedOut || !isLate(kind) {
			return kind
		}
		if timeout != 0 {
			past := time.Since(begin) / time.Millisecond
			timeout = uint32(max(int64(timeout)-int64(past), 1))
		}
	}
}

// receive waits for a message as the host function of modules does: 0 is for
// ever. It returns the kind of the message, or timedOut.
func receive(tags []int64, timeout uint32) uint32 {
	isLimited := int32(1)
	if timeout == 0 {
		isLimited = 0
	}
	var result [5]uint64
	at := unsafe.Pointer(&result)
	beginLists()
	if len(tags) == 0 {
		witReceive(isLimited, uint64(timeout), at)
	} else {
		witReceiveTagged(unsafe.Pointer(unsafe.SliceData(tags)),
			uint32(len(tags)), isLimited, uint64(timeout), at)
	}
	endLists()
	words := (*[10]uint32)(at)
	if words[0]&0xff == 0 {
		return timedOut
	}
	tag := int64(result[2])
	kind := Kind(words[2] & 0xff)
	switch kind {
	case Data:
		mail.fill(tag, bytesAt(words[6], words[7]),
			handlesAt(words[8], words[9]))
	case LinkDied:
		mail.fill(tag, nil, nil)
	case Ended:
		end := make([]byte, 8)
		reason := words[8] & 0xff
		binary.LittleEndian.PutUint32(end, reason)
		if Reason(reason) == Exited {
			binary.LittleEndian.PutUint32(end[4:], words[9])
		}
		mail.fill(tag, end, nil)
	}
	return uint32(kind)
}

var errTimer = errors.New("lunatic: timers of a component send no processes")

func messageCanWait() error {
	if len(mail.handles) != 0 {
		return errTimer
	}
	return nil
}

func messageSendAfter(process uint64, milliseconds uint64) uint64 {
	defer mail.clear()
	return witSendAfter(int32(process), milliseconds, mail.tag,
		unsafe.Pointer(unsafe.SliceData(mail.data)),
		uint32(len(mail.data)))
}

func messageSendEvery(process uint64, milliseconds uint64) uint64 {
	defer mail.clear()
	return witSendEvery(int32(process), milliseconds, mail.tag,
		unsafe.Pointer(unsafe.SliceData(mail.data)),
		uint32(len(mail.data)))
}

func messageCancelTimer(id uint64) int64 {
	var left [2]int64
	witCancel(id, unsafe.Pointer(&left))
	if left[0]&0xff == 0 {
		return -1
	}
	return left[1]
}

func processDrop(id uint64) { witProcessDrop(int32(id)) }

func processClone(id uint64) uint64 { return uint64(witProcessDuplicate(int32(id))) }

func processSleep(milliseconds uint64) { witSleep(milliseconds) }

func processDieWhenLinkDies(dies uint32) { witDieWithLinks(int32(dies)) }

func processThis() uint64 { return uint64(witCurrent()) }

func processLink(tag int64, id uint64) { witLink(int32(id), tag) }

func processUnlink(id uint64) { witUnlink(int32(id)) }

func processKill(id uint64) { witProcessKill(int32(id)) }

func processMonitor(id uint64) int64 { return witMonitor(int32(id)) }

func processDemonitor(tag int64) uint32 { return uint32(witDemonitor(tag)) }

func processSetLabel(label unsafe.Pointer, size uint32) { witSetLabel(label, size) }

// ID is a number that no other process of the running program ever has. It is 0
// for a process of another node.
func (p Process) ID() uint64 { return witProcessID(int32(p.handle())) }

// Same tells whether both are handles to one process. It is false where that is
// not known: for processes of another node.
func (p Process) Same(other Process) bool {
	id := p.ID()
	return id != 0 && id == other.ID()
}

func firstTag() uint64 { return (Self().ID() * 0x9e3779b97f4a7c15) >> 2 }

func registryError(result uint8) error {
	switch result {
	case 0:
		return ErrVersion
	case 1:
		return errors.New("lunatic: the name is too long")
	}
	return errors.New("lunatic: the registry is full")
}

func register(name, version string, p Process) error {
	var result [2]uint8
	witRegister(address(name), uint32(len(name)), address(version),
		uint32(len(version)), int32(p.handle()), unsafe.Pointer(&result))
	if result[0] != 0 {
		return registryError(result[1])
	}
	return nil
}

func unregister(name, version string) error {
	var result [2]uint8
	witUnregister(address(name), uint32(len(name)), address(version),
		uint32(len(version)), unsafe.Pointer(&result))
	switch {
	case result[0] != 0:
		return registryError(result[1])
	case result[1] == 0:
		return ErrNotFound
	}
	return nil
}

func lookup(name, requirement string) (Process, error) {
	var result [3]uint32
	witLookup(address(name), uint32(len(name)), address(requirement),
		uint32(len(requirement)), unsafe.Pointer(&result))
	switch {
	case result[0]&0xff != 0:
		return Process{}, registryError(uint8(result[1]))
	case result[1]&0xff == 0:
		return Process{}, ErrNotFound
	}
	return Process{uint64(result[2]) + 1}, nil
}
