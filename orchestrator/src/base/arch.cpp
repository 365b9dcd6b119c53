// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/arch.hpp"

#include "base/text.hpp"

namespace assay {

std::string_view name_of(Arch arch) { return arch == Arch::x86_64 ? "x86_64" : "sparc64"; }

Result<Arch> parse_arch(std::string_view name) {
  for (const auto arch : {Arch::x86_64, Arch::sparc64}) {
    if (name == name_of(arch)) {
      return arch;
    }
  }
  return fail(Failure::usage, "unknown architecture \"{}\": known are x86_64 and sparc64{}", name,
              did_you_mean(name, {"x86_64", "sparc64"}));
}

}  // namespace assay
