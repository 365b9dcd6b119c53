// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/unmovable/unmovable_file.hpp"

#include "contract/context.hpp"

#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace assay::agent::workloads {
namespace {

constexpr const char* unmovable_files = "/dev/unmovable_files";

// As the driver's source has it.
struct CreateUnmovableFile {
  std::uint64_t size = 0;
  std::uint64_t flags = 0;
};
constexpr unsigned long create_unmovable_file = _IOW('U', 0x80, CreateUnmovableFile);
constexpr std::uint64_t unmovable_flag = 1;
constexpr std::uint64_t no_migrate_flag = 2;
constexpr std::uint64_t dirty_flag = 4;
constexpr std::uint64_t evictable_flag = 8;

std::uint64_t flags_of(std::string_view kind) {
  return kind == "flagged"           ? unmovable_flag
         : kind == "clean"           ? no_migrate_flag
         : kind == "stuck"           ? no_migrate_flag | dirty_flag
         : kind == "stuck-evictable" ? no_migrate_flag | dirty_flag | evictable_flag
                                     : 0;
}

UniqueFd new_memfd(std::uint64_t size) {
  UniqueFd file(::memfd_create("unmovable", MFD_CLOEXEC));
  if (!file || ::ftruncate(file.get(), static_cast<off_t>(size)) != 0) {
    throw_errno("create a memfd");
  }
  return file;
}

}  // namespace

ParameterSpec UnmovableFiles::kind_parameter() {
  return {
      .name = "kind",
      .type = ParameterType::choice,
      .default_value = "guest-memfd",
      .choices = {"guest-memfd", "flagged", "unflagged", "stuck", "stuck-evictable", "clean", "memfd"},
      .help =
          "guest-memfd: KVM's, whose mapping says that it must not be moved; flagged and unflagged: "
          "files of a test driver with that flag and without it; stuck: of the same without the flag, dirty "
          "and without ->migrate_folio; stuck-evictable: and not unevictable; clean: as stuck, but clean; "
          "memfd: ordinary shared memory"};
}

UnmovableFiles::UnmovableFiles(std::string_view kind) : kind_(kind) {
  if (kind == "guest-memfd") {
    machine_.emplace(KvmMachine::Type::software_protected);
  } else if (kind != "memfd") {
    driver_.reset(::open(unmovable_files, O_RDWR | O_CLOEXEC));
    if (!driver_) {
      throw WorkloadSkip(std::string("this kernel has no ") + unmovable_files +
                         ": it is built without patches/unmovable-files");
    }
  }
}

UniqueFd UnmovableFiles::create(std::uint64_t size) const {
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  if (size % (4 * page) != 0) {  // a quarter of it is taken away and given back
    throw Refusal("parameter size takes a multiple of four pages: a page has " + std::to_string(page) +
                  " bytes");
  }
  if (machine_) {
    return machine_->new_guest_memfd(size);
  }
  if (!driver_) {
    return new_memfd(size);
  }
  const CreateUnmovableFile wish{.size = size, .flags = flags_of(kind_)};
  UniqueFd file(::ioctl(driver_.get(), create_unmovable_file, &wish));
  if (!file) {
    throw_errno("create a file of the test driver");
  }
  return file;
}

void allocate_file(const UniqueFd& file, std::uint64_t size) {
  if (::fallocate(file.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size)) != 0) {
    throw_errno("allocate the file's memory");
  }
}

void punch_hole(const UniqueFd& file, std::uint64_t offset, std::uint64_t size) {
  const int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  if (::fallocate(file.get(), mode, static_cast<off_t>(offset), static_cast<off_t>(size)) != 0) {
    throw_errno("punch a hole into the file");
  }
}

}  // namespace assay::agent::workloads
