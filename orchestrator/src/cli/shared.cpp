// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/output.hpp"
#include "base/text.hpp"
#include "cli/messages.hpp"
#include "cli/verb.hpp"

#include <cerrno>
#include <cstdio>

namespace assay::cli {

namespace {

int stdout_error = 0;  ///< the errno of the first print() that failed

}  // namespace

void print(std::string_view text) { print_exactly(harmless(text, Colours::kept)); }

void print_exactly(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() && stdout_error == 0) {
    stdout_error = errno;
  }
}

Status finish_stdout() {
  if (std::fflush(stdout) != 0 && stdout_error == 0) {
    stdout_error = errno;
  }
  if (stdout_error == EPIPE) {
    end_by_sigpipe();
  }
  if (stdout_error != 0 || std::ferror(stdout) != 0) {
    return fail(Failure::infrastructure, "cannot write stdout: {}",
                stdout_error != 0 ? errno_text(stdout_error) : "some of it is lost");
  }
  return {};
}

}  // namespace assay::cli
