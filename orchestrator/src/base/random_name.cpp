// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/random_name.hpp"

#include "base/error.hpp"

#include <fmt/ranges.h>
#include <unistd.h>

#include <array>

namespace assay {

std::string random_name() {
  std::array<unsigned char, 8> random{};
  if (::getentropy(random.data(), random.size()) != 0) {
    throw UnexpectedError("the kernel has no random numbers");
  }
  return fmt::format("{:02x}", fmt::join(random, ""));
}

}  // namespace assay
