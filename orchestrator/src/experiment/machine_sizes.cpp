// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/machine_sizes.hpp"

namespace assay::experiment {

Result<Bytes> parse_mebibytes(std::string_view text, Bytes least) {
  auto bytes = parse_bytes(text);
  if (!bytes) {
    return bytes.error();
  }
  if (*bytes < least || *bytes > gib(1024) || bytes->value() % mib(1).value() != 0) {
    const bool no_unit = text.find_first_not_of("0123456789") == std::string_view::npos;
    return fail(Failure::usage, "\"{}\" is out of range: whole MiB from {}M to 1024G{}", text,
                least.value() / mib(1).value(), no_unit ? fmt::format("; did you mean \"{}M\"?", text) : "");
  }
  return bytes;
}

}  // namespace assay::experiment
