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

}  // namespace assay::experiment
