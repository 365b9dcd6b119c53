// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fstream>
#include <iterator>
#include <string>

namespace assay::agent {

/// A file below guest-agent/tests.
inline std::string test_path(const std::string& name) { return std::string(ASSAY_AGENT_TESTS) + "/" + name; }

inline std::string test_file(const std::string& name) {
  std::ifstream in(test_path(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace assay::agent
