// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/session.hpp"

#include "base/files.hpp"
#include "store/open_store.hpp"

#include <utility>

namespace assay::run {

Task<Result<std::unique_ptr<machine::Hypervisor>>> connect(const Session& session, Proof proof) {
  machine::LibvirtOptions options;
  options.uri = session.uri;
  options.cache_directory = session.places.cache / "libvirt";
  options.proof_kernel = std::move(proof.kernel);
  options.proof_initramfs = std::move(proof.initramfs);
  if (auto made = make_directories(options.cache_directory); !made) {
    co_return made.error();
  }
  co_return co_await session.connect(std::move(options));
}

Status make_results(const Places& places, const std::function<void(std::string_view)>& say) {
  std::error_code error;
  if (fs::is_directory(places.results, error)) {
    return {};
  }
  auto made = make_directories(places.results);
  if (made) {
    say(fmt::format("made the folder {} for results", shown(places.results)));
  }
  return made;
}

Result<std::unique_ptr<store::Store>> open_results(const Session& session) {
  const auto say = [&session](std::string_view text) { session.progress.on_note(text); };
  if (auto made = make_results(session.places, say); !made) {
    return made.error();
  }
  return store::open_store(session.places.database());
}

}  // namespace assay::run
