// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/output.hpp"
#include "base/text.hpp"
#include "cli/messages.hpp"
#include "cli/verb.hpp"

#include <cerrno>
#include <cstdio>

namespace assay::cli {

Status make_results(const Places& places) {
  std::error_code error;
  if (fs::is_directory(places.results, error)) {
    return {};
  }
  auto made = make_directories(places.results);
  if (made) {
    tell(fmt::format("made the folder {} for results", shown(places.results)));
  }
  return made;
}

Result<std::unique_ptr<store::Store>> open_results(const Places& places) {
  if (auto made = make_results(places); !made) {
    return made.error();
  }
  return store::open_store(places.database());
}

Task<Result<std::unique_ptr<machine::Hypervisor>>> connect(const Globals& globals, const Places& places,
                                                           fs::path proof_kernel, fs::path proof_initramfs) {
  machine::LibvirtOptions options;
  options.uri = globals.connect;
  options.cache_directory = places.cache / "libvirt";
  options.proof_kernel = std::move(proof_kernel);
  options.proof_initramfs = std::move(proof_initramfs);
  if (auto made = make_directories(options.cache_directory); !made) {
    co_return made.error();
  }
  co_return co_await machine::connect_libvirt(std::move(options));
}

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
