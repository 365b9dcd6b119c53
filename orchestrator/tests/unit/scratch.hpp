// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/files.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace assay {

/// A folder of its own that goes when the test ends.
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "assay-test-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  Scratch(Scratch&&) = delete;
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  [[nodiscard]] const fs::path& root() const { return root_; }

  fs::path write(const fs::path& name, std::string_view content) const {
    const auto path = root_ / name;
    EXPECT_TRUE(make_directories(path.parent_path()));
    const auto written = write_file(path, content);
    EXPECT_TRUE(written) << written.error().text();
    return path;
  }

  /// `text` with the folder's name taken out, to be compared with a golden one.
  [[nodiscard]] std::string without_root(std::string text) const {
    const auto prefix = root_.string() + "/";
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
      text.erase(at, prefix.size());
    }
    return text;
  }

 private:
  fs::path root_;
};

}  // namespace assay
