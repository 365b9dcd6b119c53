// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "machine/disks.hpp"
#include "machine/kernel_line.hpp"
#include "machine/spec.hpp"

#include <pugixml.hpp>

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

namespace assay::machine {
namespace {

/// QEMU's small firmware: boots a kernel directly in a fifth of the time that SeaBIOS takes.
constexpr const char* firmware = "/usr/share/qemu/qboot.rom";

/// How many bytes the UTF-8 character at the head of `text` has; 0 when that is none that XML 1.0 can hold.
std::size_t xml_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) {
    return (lead >= 0x20 && lead != 0x7f) || lead == '\t' || lead == '\n' ? 1 : 0;
  }
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) {
    return 0;
  }
  std::uint32_t code = lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0U) != 0x80U) {
      return 0;
    }
    code = (code << 6U) | (next & 0x3fU);
  }
  const bool overlong = code < (length == 2 ? 0x80U : length == 3 ? 0x800U : 0x10000U);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  const bool control = code < 0xa0 || code == 0xfffe || code == 0xffff;
  return overlong || surrogate || control || code > 0x10ffff ? 0 : length;
}

/// XML 1.0 has no way to write most control characters, nor what is not UTF-8: each such byte becomes "?".
std::string xml_text(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto length = xml_character(text);
    result += length > 0 ? text.substr(0, length) : std::string_view("?");
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

pugi::xml_node add(pugi::xml_node parent, const char* name, std::string_view text = {}) {
  auto node = parent.append_child(name);
  if (!text.empty()) {
    node.text().set(xml_text(text).c_str());
  }
  return node;
}

pugi::xml_node with(pugi::xml_node node, const char* name, std::string_view value) {
  node.append_attribute(name).set_value(xml_text(value).c_str());
  return node;
}

bool lacks_memory(const Node& node) { return node.memory == Bytes(0); }

void add_os(pugi::xml_node domain, const MachineSpec& machine, const BootSpec& boot) {
  const bool pc = machine.arch == Arch::x86_64;
  // Of a node without memory libvirt 9.0 makes a memory backend of no bytes, which QEMU refuses; not where
  // the machine is of a version whose nodes need none (virQEMUCapsGetMachineNumaMemSupported()).
  const bool old = std::ranges::any_of(machine.nodes, lacks_memory);
  auto os = add(domain, "os");
  with(with(add(os, "type", "hvm"), "arch", name_of(machine.arch)), "machine",
       !pc   ? "sun4u"
       : old ? "pc-i440fx-5.0"
             : "pc");
  if (pc) {
    with(with(add(os, "loader", firmware), "readonly", "yes"), "type", "rom");
  }
  add(os, "kernel", boot.kernel.string());
  add(os, "initrd", boot.initramfs.string());
  add(os, "cmdline", kernel_command_line(machine, boot));
}

void add_feature(pugi::xml_node cpu, const char* policy, std::string_view name) {
  with(with(add(cpu, "feature"), "policy", policy), "name", name);
}

/// libvirt takes memory in DIMMs only where there are nodes.
std::vector<Node> nodes_of(const MachineSpec& machine) {
  return machine.nodes.empty() && !machine.dimms.empty() ? std::vector<Node>{{machine.vcpus, machine.memory}}
                                                         : machine.nodes;
}

void add_nodes(pugi::xml_node cpu, const MachineSpec& machine) {
  const auto nodes = nodes_of(machine);
  if (nodes.empty()) {
    return;
  }
  auto numa = add(cpu, "numa");
  unsigned vcpu = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    auto cell = with(add(numa, "cell"), "id", fmt::to_string(i));
    if (const auto vcpus = nodes[i].vcpus; vcpus > 0) {
      with(cell, "cpus", fmt::format("{}-{}", vcpu, vcpu + vcpus - 1));
      vcpu += vcpus;
    }
    with(with(cell, "memory", fmt::to_string(nodes[i].memory.value() / mib(1).value())), "unit", "MiB");
    if (!machine.distances.empty()) {
      auto distances = add(cell, "distances");
      for (std::size_t to = 0; to < nodes.size(); ++to) {
        with(with(add(distances, "sibling"), "id", fmt::to_string(to)), "value",
             fmt::to_string(machine.distances[i][to]));
      }
    }
  }
}

/// Slots and addresses for what is plugged in.
void add_most_memory(pugi::xml_node domain, const MachineSpec& machine) {
  if (!machine.dimms.empty()) {
    auto most = add(domain, "maxMemory", fmt::to_string(machine.whole_memory().value()));
    with(with(most, "slots", fmt::to_string(machine.dimms.size())), "unit", "b");
  }
}

void add_dimms(pugi::xml_node devices, const MachineSpec& machine) {
  for (const auto& dimm : machine.dimms) {
    auto target = add(with(add(devices, "memory"), "model", "dimm"), "target");
    with(add(target, "size", fmt::to_string(dimm.size.value())), "unit", "b");
    add(target, "node", fmt::to_string(dimm.node));
  }
}

/// "max", or a model with features behind it: "EPYC,+svm,-avx".
void add_cpu(pugi::xml_node domain, const MachineSpec& machine, Accel accel) {
  auto cpu = add(domain, "cpu");
  const auto parts = split(machine.cpu, ',');
  if (parts.front() == "max") {
    with(cpu, "mode", accel == Accel::kvm ? "host-passthrough" : "maximum");
  } else {
    with(with(cpu, "mode", "custom"), "match", "exact");
    with(add(cpu, "model", parts.front()), "fallback", "forbid");
  }
  with(cpu, "check", "none");
  bool erms_said = accel == Accel::kvm;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto feature = trimmed(parts[i]);
    if (feature.size() > 1 && (feature.front() == '+' || feature.front() == '-')) {
      erms_said = erms_said || feature.substr(1) == "erms";
      add_feature(cpu, feature.front() == '+' ? "require" : "disable", feature.substr(1));
    }
  }
  // TCG runs `rep movsb` byte by byte (gen_repz() in target/i386/tcg/translate.c, QEMU 7.2), and a kernel
  // that sees ERMS copies and clears every page with it (clear_page() in
  // arch/x86/include/asm/page_64.h, 6.12).
  if (!erms_said) {
    add_feature(cpu, "disable", "erms");
  }
  add_nodes(cpu, machine);
}

/// Console, channel: a PC's, where libvirt knows where everything goes.
void add_pc_devices(pugi::xml_node devices, const MachineSpec& machine, const BootSpec& boot) {
  with(with(add(devices, "controller"), "type", "virtio-serial"), "index", "0");

  auto console = with(add(devices, "serial"), "type", "file");
  with(with(add(console, "source"), "path", boot.console_log.string()), "append", "off");
  with(with(add(console, "target"), "type", "isa-serial"), "port", "0");

  auto channel = with(add(devices, "channel"), "type", "unix");
  with(with(add(channel, "source"), "mode", "bind"), "path", boot.channel_socket.string());
  with(with(add(channel, "target"), "type", "virtio"), "name", channel_port_name);

  char letter = 'a';
  for (const auto& [file, size] : disks_of(machine, boot)) {
    auto disk = with(with(add(devices, "disk"), "type", "file"), "device", "disk");
    with(with(with(add(disk, "driver"), "name", "qemu"), "type", "raw"), "cache", "unsafe");
    with(add(disk, "source"), "file", file.string());
    with(with(add(disk, "target"), "dev", fmt::format("vd{}", letter++)), "bus", "virtio");
  }
  add_dimms(devices, machine);
}

/// Only what a guest needs: each further device costs time at every boot. A domain that does not say "none"
/// gets a USB controller and a balloon (qemuDomainDefAddDefaultDevices() in src/qemu/qemu_domain.c, libvirt
/// 9.0).
void add_devices(pugi::xml_node domain, const MachineSpec& machine, const BootSpec& boot) {
  auto devices = add(domain, "devices");
  add(devices, "emulator", qemu_binary(machine.arch));
  with(with(add(devices, "controller"), "type", "usb"), "model", "none");
  if (machine.arch == Arch::x86_64) {
    add_pc_devices(devices, machine, boot);
  }
  with(add(devices, "memballoon"), "model", "none");
}

/// A value in a list of QEMU's options, where a comma would begin the next.
std::string option_value(const std::filesystem::path& path) {
  std::string text;
  for (const char c : path.native()) {
    text += c == ',' ? ",," : std::string(1, c);
  }
  return text;
}

/// Console, channel and disk of a sun4u, whose devices libvirt would put on a bus that has no room for them:
/// only pciB has free slots (slot_reserved_mask in hw/sparc64/sun4u.c, QEMU 7.2).
std::vector<std::string> sun4u_arguments(const MachineSpec& machine, const BootSpec& boot) {
  std::vector<std::string> arguments = {
      "-chardev",
      "file,id=assay-console,path=" + option_value(boot.console_log),
      "-serial",
      "chardev:assay-console",
      "-device",
      "virtio-serial-pci,id=assay-serial,bus=pciB",
      "-chardev",
      "socket,id=assay-channel,server=on,wait=off,path=" + option_value(boot.channel_socket),
      "-device",
      fmt::format("virtserialport,bus=assay-serial.0,nr=1,chardev=assay-channel,name={}", channel_port_name)};
  for (const auto& [file, size] : disks_of(machine, boot)) {
    const auto name = file.filename().string();
    arguments.insert(
        arguments.end(),
        {"-drive",
         fmt::format("if=none,id=assay-{},format=raw,cache=unsafe,file={}", name, option_value(file)),
         "-device", fmt::format("virtio-blk-pci,drive=assay-{},bus=pciB", name)});
  }
  return arguments;
}

void lacks(pugi::xml_node domain, const char* capability) {
  auto capabilities = domain.child("qemu:capabilities");
  with(add(capabilities ? capabilities : add(domain, "qemu:capabilities"), "qemu:del"), "capability",
       capability);
}

/// libvirt would ask QEMU for each of 390 CPU properties, and QEMU reads each question byte by byte, which
/// takes 0.2 s of a start and half a minute when something (strace, a loaded host) slows the switches between
/// QEMU's threads. A QEMU that is said to lack this capability is asked twice (qemuProcessFetchGuestCPU() in
/// src/qemu/qemu_process.c, libvirt 9.0).
void skip_cpu_questions(pugi::xml_node domain) { lacks(domain, "cpu-unavailable-features"); }

/// QEMU makes devices that are described as JSON behind all others (qemu_create_cli_devices() in
/// softmmu/vl.c, 7.2): a user's device would take a slot of the bus that libvirt has given to another.
void make_users_devices_last(pugi::xml_node domain, const MachineSpec& machine) {
  if (!machine.qemu_options.empty()) {
    lacks(domain, "device.json+hotplug");
  }
}

/// What libvirt has no word for.
void add_qemu_arguments(pugi::xml_node domain, const MachineSpec& machine, const BootSpec& boot) {
  std::vector<std::string> arguments;
  if (machine.arch == Arch::sparc64) {
    arguments = sun4u_arguments(machine, boot);
  }
  if (machine.clock == GuestClock::instructions) {
    // 2^0 ns for each, and an idle guest's clock jumps to its next timer: icount_start_warp_timer() in
    // softmmu/icount.c of QEMU 7.2.0, whose manual has on and off the other way round.
    arguments.insert(arguments.end(), {"-icount", "shift=0,sleep=off"});
  }
  if (!boot.probes.empty()) {
    arguments.insert(arguments.end(), {"-plugin", fmt::format("file={},probes={}", option_value(boot.plugin),
                                                              option_value(boot.probes))});
  }
  if (boot.debugging != Debugging::none) {
    arguments.insert(
        arguments.end(),
        {"-chardev", "socket,id=assay-gdb,server=on,wait=off,path=" + option_value(boot.debugger_socket),
         "-gdb", "chardev:assay-gdb"});
  }
  arguments.insert(arguments.end(), machine.qemu_options.begin(), machine.qemu_options.end());
  if (arguments.empty()) {
    return;
  }
  auto line = add(domain, "qemu:commandline");
  for (const auto& argument : arguments) {
    with(add(line, "qemu:arg"), "value", argument);
  }
}

}  // namespace

std::string qemu_binary(Arch arch) { return fmt::format("/usr/bin/qemu-system-{}", name_of(arch)); }

std::string domain_xml(const MachineSpec& machine, const BootSpec& boot, Accel accel) {
  pugi::xml_document document;
  auto domain = with(document.append_child("domain"), "type", accel == Accel::kvm ? "kvm" : "qemu");
  add(domain, "name", domain_name(boot.guest));
  add_most_memory(domain, machine);
  with(add(domain, "memory", fmt::to_string(machine.memory.value())), "unit", "b");
  add(domain, "vcpu", fmt::to_string(machine.vcpus));
  add_os(domain, machine, boot);
  if (machine.arch == Arch::x86_64) {
    auto features = add(domain, "features");
    add(features, "acpi");
    add(features, "apic");
    add_cpu(domain, machine, accel);
  }
  with(add(domain, "clock"), "offset", "utc");
  for (const auto* event : {"on_poweroff", "on_reboot", "on_crash"}) {
    add(domain, event, "destroy");
  }
  add_devices(domain, machine, boot);
  with(domain, "xmlns:qemu", "http://libvirt.org/schemas/domain/qemu/1.0");
  add_qemu_arguments(domain, machine, boot);
  skip_cpu_questions(domain);
  make_users_devices_last(domain, machine);

  std::ostringstream out;
  document.save(out, "  ", pugi::format_indent | pugi::format_no_declaration);
  return std::move(out).str();
}

}  // namespace assay::machine
