// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/swap/adi_memory.hpp"

#include "base/random.hpp"
#include "contract/context.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <string>

namespace assay::agent::workloads {
namespace {

constexpr std::size_t tag_block = 64;
constexpr std::uint64_t tag_stream = std::uint64_t{1} << 40U;  // the lower ones are those of the content

UniqueFd open_tags() {
  UniqueFd fd(::open("/proc/adi_tags", O_RDWR | O_CLOEXEC));
  if (!fd) {
    throw WorkloadSkip("this kernel has no ADI in software (patches/adi-software)");
  }
  return fd;
}

/// Where /proc/adi_tags has the tags of an address.
off_t tag_offset(const std::byte* at) {
  return static_cast<off_t>(reinterpret_cast<std::uintptr_t>(at) / tag_block);
}

}  // namespace

AdiStat read_adi_stat() {
  std::ifstream file("/proc/adi_stat");
  if (!file) {
    throw WorkloadSkip("this kernel has no ADI in software (patches/adi-software)");
  }
  std::map<std::string, std::int64_t> values;
  std::string name;
  std::int64_t value = 0;
  while (file >> name >> value) {
    values[name] = value;
  }
  return {.saved = values["save"],
          .save_failed = values["save_fail"],
          .restored = values["restore"],
          .restore_missed = values["restore_miss"],
          .allocated = values["allocated"],
          .freed = values["freed"],
          .users = values["users"],
          .held = values["held"]};
}

TaggedPages::TaggedPages(std::size_t pages, std::uint64_t seed, void* at)
    : seed_(seed), memory_(pages, seed, {.protection = prot_adi, .stride = 0, .at = at}), tags_(open_tags()) {
  for (std::size_t index = 0; index < pages; ++index) {
    const auto tags = tags_of(index);
    if (::pwrite(tags_.get(), tags.data(), tags.size(), tag_offset(memory_.page(index))) !=
        static_cast<ssize_t>(tags.size())) {
      throw_errno("set the tags of a page");
    }
  }
}

std::vector<std::uint8_t> TaggedPages::tags_of(std::size_t index) const {
  constexpr std::uint64_t usual_tags = 14;  // 0 and 15 mean no tag
  Random random(seed_, tag_stream + index);
  std::vector<std::uint8_t> tags(memory_.page_size() / tag_block);
  for (auto& tag : tags) {
    tag = static_cast<std::uint8_t>(1 + random.below(usual_tags));
  }
  return tags;
}

bool TaggedPages::keeps(std::size_t index) const {
  std::vector<std::uint8_t> tags(memory_.page_size() / tag_block);
  if (::pread(tags_.get(), tags.data(), tags.size(), tag_offset(memory_.page(index))) !=
      static_cast<ssize_t>(tags.size())) {
    throw_errno("read the tags of a page");
  }
  return tags == tags_of(index);
}

std::int64_t TaggedPages::count_kept() const {
  std::int64_t kept = 0;
  for (std::size_t index = 0; index < memory_.pages(); ++index) {
    kept += memory_.has(index) && keeps(index) ? 1 : 0;
  }
  return kept;
}

}  // namespace assay::agent::workloads
