// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/machine_reader.hpp"

#include "base/text.hpp"
#include "machine/kernel_line.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

namespace assay::experiment {
namespace {

Result<machine::Accel> parse_accel(std::string_view text) {
  if (text == "auto") {
    return machine::Accel::automatic;
  }
  if (text == "kvm") {
    return machine::Accel::kvm;
  }
  if (text == "tcg") {
    return machine::Accel::tcg;
  }
  return fail(Failure::usage, "\"{}\" is not an accelerator: write \"auto\", \"kvm\" or \"tcg\"{}", text,
              did_you_mean(text, {"auto", "kvm", "tcg"}));
}

Result<machine::GuestClock> parse_clock(std::string_view text) {
  if (text == "host") {
    return machine::GuestClock::host;
  }
  if (text == "instructions") {
    return machine::GuestClock::instructions;
  }
  return fail(Failure::usage, "\"{}\" is not a clock: write \"host\" or \"instructions\"{}", text,
              did_you_mean(text, {"host", "instructions"}));
}

Result<Bytes> parse_memory(std::string_view text) { return parse_mebibytes(text, least_memory); }

Result<Bytes> parse_disk(std::string_view text) { return parse_mebibytes(text, mib(1)); }

Result<Bytes> parse_dimm(std::string_view text) {
  auto bytes = parse_mebibytes(text, dimm_unit);
  return bytes && bytes->value() % dimm_unit.value() != 0
             ? fail(Failure::usage, "\"{}\" is not a multiple of {}, of which kernels make blocks of memory",
                    text, human(dimm_unit))
             : bytes;
}

/// An array of sizes.
template <class Parse>
std::vector<Bytes> read_sizes(TableReader& reader, std::string_view key, Parse parse, Mistakes& mistakes) {
  std::vector<PlacedText> texts;
  std::vector<Bytes> sizes;
  reader.read(key, texts);
  for (const auto& [text, where] : texts) {
    const auto size = parse(std::string_view(text));
    if (size) {
      sizes.push_back(*size);
    } else {
      mistakes.add(where, fmt::format("{}: {}", key, size.error().text()));
    }
  }
  return sizes;
}

void read_dimms(TableReader& reader, unsigned node, machine::MachineSpec& spec, Mistakes& mistakes) {
  constexpr std::size_t most = 64;
  for (const auto size : read_sizes(reader, "dimms", parse_dimm, mistakes)) {
    spec.dimms.push_back({size, node});
  }
  if (spec.dimms.size() > most) {
    reader.mistake("dimms", fmt::format("a machine has at most {} dimms", most));
  }
  if (!spec.dimms.empty() && spec.arch == Arch::sparc64) {
    reader.mistake("dimms", "a sparc64 machine has no dimms: nothing can be plugged into QEMU's sun4u");
  }
}

/// Nothing, 0 and a size.
Bytes read_node_memory(TableReader& reader) {
  Bytes memory(0);
  const auto* node = reader.find("memory");
  if (node != nullptr && node->value<std::int64_t>() != 0) {
    reader.read("memory", memory, "256M", parse_memory);
  }
  return memory;
}

void read_node(const toml::table& table, std::string what, machine::MachineSpec& spec, Mistakes& mistakes) {
  TableReader reader(table, place_of(table.source()), std::move(what), mistakes);
  machine::Node node;
  std::int64_t vcpus = 0;
  constexpr std::int64_t most = most_vcpus;
  reader.read("vcpus", vcpus, 0, most);
  node.vcpus = static_cast<unsigned>(vcpus);
  node.memory = read_node_memory(reader);
  read_dimms(reader, static_cast<unsigned>(spec.nodes.size()), spec, mistakes);
  reader.finish();
  spec.nodes.push_back(node);
}

/// The nodes' sums are the machine's.
void add_up(TableReader& reader, machine::MachineSpec& spec) {
  unsigned vcpus = 0;
  Bytes memory(0);
  for (const auto& node : spec.nodes) {
    vcpus += node.vcpus;
    memory = memory + node.memory;
  }
  if (spec.arch == Arch::sparc64 && vcpus > 1) {
    reader.mistake("nodes", "a sparc64 machine has one vCPU: QEMU's sun4u supports no more");
  }
  if (reader.has("vcpus") && vcpus != spec.vcpus) {
    reader.mistake("vcpus",
                   fmt::format("vcpus = {}, and the nodes have {}: leave vcpus out", spec.vcpus, vcpus));
  }
  if (reader.has("memory") && memory != spec.memory) {
    reader.mistake("memory", fmt::format("memory is {}, and the nodes have {}: leave memory out",
                                         human(spec.memory), human(memory)));
  }
  if (vcpus == 0 || vcpus > most_vcpus || memory == Bytes(0)) {
    reader.mistake("nodes",
                   fmt::format("the nodes have {} vCPU{} and {} of memory: a machine has 1 to {}, and "
                               "at least {} of memory",
                               vcpus, plural(vcpus), human(memory), most_vcpus, human(least_memory)));
  }
  spec.vcpus = vcpus;
  spec.memory = memory;
}

void read_equal_nodes(TableReader& reader, machine::MachineSpec& spec) {
  unsigned nodes = 1;
  if (!reader.read("nodes", nodes, 1, most_nodes)) {
    return;
  }
  if (const auto needed = least_memory * nodes; spec.memory < needed) {
    reader.mistake("nodes", fmt::format("{} nodes need {} of memory, {} each, and the machine has {}", nodes,
                                        human(needed), human(least_memory), human(spec.memory)));
  }
  spec.nodes = divided(spec, nodes);
}

void read_nodes(TableReader& reader, machine::MachineSpec& spec, Mistakes& mistakes) {
  const auto* value = reader.find("nodes");
  const auto* array = value == nullptr ? nullptr : value->as_array();
  if (array == nullptr) {
    read_equal_nodes(reader, spec);
  } else if (array->empty() || array->size() > most_nodes || !array->is_homogeneous<toml::table>()) {
    reader.mistake("nodes", fmt::format("nodes in {} must be a number or an array of 1 to {} tables such as "
                                        "{{ vcpus = 2, memory = \"256M\" }}",
                                        reader.what(), most_nodes));
  } else {
    for (const auto& node : *array) {
      read_node(*node.as_table(), "a node of " + reader.what(), spec, mistakes);
    }
    add_up(reader, spec);
  }
  if (spec.nodes.size() > 1 && spec.arch == Arch::sparc64) {
    reader.mistake("nodes", "a sparc64 machine has one node: QEMU's sun4u supports no more");
  }
}

/// One row of distances, or none.
std::vector<unsigned> row_of(const toml::node& value, std::size_t row, std::size_t nodes) {
  constexpr std::int64_t local =
      10;  // what kernels take a table for (slit_valid() in drivers/acpi/numa/srat.c, 6.12)
  constexpr std::int64_t most = 254;
  const auto* array = value.as_array();
  std::vector<unsigned> distances;
  for (std::size_t to = 0; array != nullptr && array->size() == nodes && to < nodes; ++to) {
    const auto distance = array->get(to)->value<std::int64_t>().value_or(0);
    if (to == row ? distance == local : distance > local && distance <= most) {
      distances.push_back(static_cast<unsigned>(distance));
    }
  }
  return distances.size() == nodes ? distances : std::vector<unsigned>();
}

void read_distances(TableReader& reader, machine::MachineSpec& spec) {
  const auto* value = reader.find("distances");
  if (value == nullptr) {
    return;
  }
  const auto nodes = spec.nodes.size();
  const auto* array = value->as_array();
  for (std::size_t row = 0; array != nullptr && array->size() == nodes && row < nodes; ++row) {
    if (auto distances = row_of(*array->get(row), row, nodes); !distances.empty()) {
      spec.distances.push_back(std::move(distances));
    }
  }
  if (nodes < 2) {
    reader.mistake("distances",
                   "distances are those between nodes, and the machine has one: write nodes, too");
  } else if (spec.distances.size() != nodes) {
    spec.distances.clear();
    reader.mistake(
        "distances",
        fmt::format("distances has a row for each of the {} nodes, and in it 10 for the node itself "
                    "and 11 to 254 for each other, as [[10, 20], [20, 10]] is for two",
                    nodes));
  }
}

/// sun4u: slots of pciB without that of the channel (slot_reserved_mask in hw/sparc64/sun4u.c, QEMU 7.2).
void read_disks(TableReader& reader, machine::MachineSpec& spec, Mistakes& mistakes) {
  reader.read("swap", spec.swap, "256M", parse_disk);
  spec.disks = read_sizes(reader, "disks", parse_disk, mistakes);
  const std::size_t most = spec.arch == Arch::sparc64 ? 3 : 16;
  const auto disks = spec.disks.size() + (spec.swap > Bytes(0) ? 1 : 0);
  if (disks > most) {
    reader.mistake(
        "disks",
        fmt::format("{} disks, that to swap to among them, are too many: a {} machine has at most {}", disks,
                    name_of(spec.arch), most));
  }
}

void read_qemu_options(TableReader& reader, machine::MachineSpec& spec, Mistakes& mistakes) {
  std::vector<PlacedText> words;
  reader.read("qemu_options", words);
  for (auto& [text, where] : words) {
    if (spec.qemu_options.empty() && !text.starts_with('-')) {
      mistakes.add(where,
                   fmt::format("qemu_options: \"{}\" is no option of QEMU: write each word by itself, as in "
                               "[\"-device\", \"virtio-rng-pci\"]",
                               text));
    } else if (std::ranges::any_of(text, [](unsigned char c) { return c < ' ' || c == 0x7f; })) {
      mistakes.add(where, "qemu_options: a newline or another control character is in it");
    }
    spec.qemu_options.push_back(std::move(text));
  }
}

}  // namespace

Result<Bytes> parse_mebibytes(std::string_view text, Bytes least) {
  auto bytes = parse_bytes(text);
  if (!bytes) {
    return bytes.error();
  }
  const auto is_in_range = [least](Bytes size) {
    return size >= least && size <= gib(1024) && size.value() % mib(1).value() == 0;
  };
  if (!is_in_range(*bytes)) {
    const auto in_mebibytes = parse_bytes(fmt::format("{}M", text));  // of a number without a unit
    return fail(
        Failure::usage, "\"{}\" is out of range: whole MiB from {}M to 1024G{}", text,
        least.value() / mib(1).value(),
        in_mebibytes && is_in_range(*in_mebibytes) ? fmt::format("; did you mean \"{}M\"?", text) : "");
  }
  return bytes;
}

std::vector<machine::Node> divided(const machine::MachineSpec& spec, std::size_t nodes) {
  const auto share = [nodes](std::uint64_t whole, std::size_t index) {
    return whole / nodes + (index < whole % nodes ? 1 : 0);
  };
  std::vector<machine::Node> result;
  for (std::size_t i = 0; nodes > 1 && i < nodes; ++i) {
    const auto mebibytes = share(spec.memory.value() / mib(1).value(), i);
    result.push_back({static_cast<unsigned>(share(spec.vcpus, i)), mib(mebibytes)});
  }
  return result;
}

void read_machine(TableReader& reader, machine::MachineSpec& spec, Mistakes& mistakes) {
  reader.read("arch", spec.arch, "x86_64", parse_arch);
  reader.read("accel", spec.accel, "auto", parse_accel);
  reader.read("clock", spec.clock, "host", parse_clock);
  if (spec.clock == machine::GuestClock::instructions) {
    if (spec.accel == machine::Accel::kvm) {
      reader.mistake("clock", "only accel = \"tcg\" can count instructions");
    }
    spec.accel = machine::Accel::tcg;
  }
  if (reader.has("cpu")) {
    reader.require("cpu", spec.cpu);
  }
  reader.read("vcpus", spec.vcpus, 1, most_vcpus);
  if (spec.arch == Arch::sparc64) {
    if (!reader.has("vcpus")) {
      spec.vcpus = 1;
    } else if (spec.vcpus > 1) {
      reader.mistake("vcpus", "a sparc64 machine has one vCPU: QEMU's sun4u supports no more");
    }
  }
  reader.read("memory", spec.memory, "512M", parse_memory);
  read_dimms(reader, 0, spec, mistakes);
  read_nodes(reader, spec, mistakes);
  read_distances(reader, spec);
  read_disks(reader, spec, mistakes);
  if (reader.read("append", spec.append)) {
    if (const auto fits = machine::check_append(spec); !fits) {
      reader.mistake("append", "append: " + fits.error().text());
    }
  }
  read_qemu_options(reader, spec, mistakes);
  reader.finish();
}

}  // namespace assay::experiment
