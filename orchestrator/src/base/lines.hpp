// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace assay {

/// Lines of a text that comes in pieces, from who is not trusted: what is behind the first 4096 bytes of a
/// line is left out.
class Lines {
 public:
  /// Calls `take(std::string)` with each line that ends here, without its newline.
  template <class Take>
  void feed(std::string_view text, Take&& take) {
    while (!text.empty()) {
      const auto end = text.find('\n');
      partial_ += text.substr(0, end).substr(0, longest - std::min(longest, partial_.size()));
      if (end == std::string_view::npos) {
        return;
      }
      take(std::exchange(partial_, {}));
      text.remove_prefix(end + 1);
    }
  }

  /// The last line, when it has no end.
  template <class Take>
  void finish(Take&& take) {
    if (!partial_.empty()) {
      take(std::exchange(partial_, {}));
    }
  }

 private:
  static constexpr std::size_t longest = 4096;
  std::string partial_;
};

}  // namespace assay
