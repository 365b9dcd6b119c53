// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/spec.hpp"

#include "base/hash.hpp"

#include <cctype>

namespace assay::machine {

Bytes MachineSpec::whole_memory() const {
  auto sum = memory;
  for (const auto& dimm : dimms) {
    sum = sum + dimm.size;
  }
  return sum;
}

std::string domain_name(std::string_view guest) {
  constexpr std::size_t longest = 60;
  std::string name;
  for (const char c : guest.substr(0, longest)) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    name += plain ? c : '_';
  }
  return name == guest ? name : name + "-" + sha256(guest).substr(0, 8);
}

}  // namespace assay::machine
