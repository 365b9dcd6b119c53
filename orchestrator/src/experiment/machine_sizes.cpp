// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/machine_sizes.hpp"

namespace assay::experiment {

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

Status check_nodes(const machine::MachineSpec& spec) {
  constexpr auto least = mib(64);  // of a node, as of a machine
  if (spec.nodes == 0 || spec.nodes > most_nodes) {
    return fail(Failure::usage, "{} is not between 1 and {}", spec.nodes, most_nodes);
  }
  if (spec.nodes > 1 && spec.arch == Arch::sparc64) {
    return fail(Failure::usage, "a sparc64 machine has one node: QEMU's sun4u supports no more");
  }
  if (const Bytes needed(spec.nodes * least.value()); spec.memory < needed) {
    return fail(Failure::usage, "{} nodes need {} of memory, {} each, and the machine has {}", spec.nodes,
                human(needed), human(least), human(spec.memory));
  }
  return {};
}

}  // namespace assay::experiment
