// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/console.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace assay::agent {
namespace {

class Line {
 public:
  Line& operator<<(std::string_view text) {
    const std::size_t n = std::min(text.size(), text_.size() - 1 - length_);
    std::memcpy(text_.data() + length_, text.data(), n);
    length_ += n;
    return *this;
  }
  void print() {
    text_.at(length_) = '\n';
    // One write, so that lines of several processes do not mix. Nothing can be done when it fails.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text_.data(), length_ + 1);
  }

 private:
  std::array<char, 512> text_{};
  std::size_t length_ = 0;
};

}  // namespace

void say(std::string_view text) {
  Line line;
  (line << "assay-agent: " << text).print();
}

void say_error(std::string_view text, int error) {
  Line line;
  const char* why = strerrordesc_np(error);
  (line << "assay-agent: " << text << ": " << (why != nullptr ? why : "unknown error")).print();
}

}  // namespace assay::agent
