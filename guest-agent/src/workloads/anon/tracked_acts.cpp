// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/anon/tracked_acts.hpp"

#include "base/unique_fd.hpp"
#include "contract/context.hpp"
#include "mm/write_tracking.hpp"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace assay::agent::workloads {
namespace {

/// Lets the kernel write a word of zeros to a page. Whether userfaultfd was told, which refuses it then: a
/// write by the process itself would be a signal.
bool is_write_told(const UniqueFd& zeros, std::span<std::byte> page) {
  const auto written = ::read(zeros.get(), page.data(), sizeof(std::uint64_t));
  if (written < 0 && errno != EFAULT) {
    throw_errno("write to a page");
  }
  return written < 0;
}

}  // namespace

void protect_soft_dirty(MarkerScene& scene) {
  set_protection(scene.area.bytes(), PROT_READ);
  forget_writes(scene.area.bytes());
  set_protection(scene.area.bytes(), PROT_READ | PROT_WRITE);
  look_at_pages(scene, every_page);
  scene.sum.tracked = scene.sum.pages;
  write_and_look(scene);
  scene.sum.told = static_cast<std::int64_t>(count_soft_dirty(scene.area.bytes()));
}

void protect_uffd(MarkerScene& scene) {
  const UniqueFd zeros(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  if (!zeros) {
    throw_errno("open /dev/zero");
  }
  const UffdProtection protection(scene.area.bytes(), UFFD_FEATURE_SIGBUS);
  protection.set(true);
  protect_and_back(scene.area.bytes());
  look_at_pages(scene, every_page);
  for (std::size_t index = 0; index < scene.area.pages(); ++index) {
    const std::uint64_t before = scene.area.word(index);
    const bool told = is_write_told(zeros, scene.area.page(index));
    ++scene.sum.tracked;
    scene.sum.told += told ? 1 : 0;
    if (!told) {
      scene.area.write(index, before);
    }
  }
  protection.set(false);
  write_and_look(scene);
}

}  // namespace assay::agent::workloads
