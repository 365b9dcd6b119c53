// SPDX-License-Identifier: GPL-2.0-or-later
// Prints the frames of this machine, "name hexadecimal", to be compared with those of others.
#include "golden_frames.hpp"

#include <cstdio>

int main() {
  for (const auto& [name, frame] : assay::agent::golden_frames()) {
    std::printf("%s ", name.c_str());
    for (const char byte : frame) {
      std::printf("%02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
    }
    std::printf("\n");
  }
}
