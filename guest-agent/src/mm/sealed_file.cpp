// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/sealed_file.hpp"

#include "contract/context.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace assay::agent {

SealedFile::SealedFile(std::size_t pages, std::uint64_t seed, Fill fill)
    : pages_(pages),
      page_size_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))),
      seed_(seed),
      fill_(fill),
      fd_(::memfd_create("assay-seal",
                         MFD_CLOEXEC | MFD_ALLOW_SEALING | (fill == Fill::hugetlb ? MFD_HUGETLB : 0))) {
  if (!fd_) {
    throw WorkloadSkip(std::string("cannot create a memfd: ") + strerrordesc_np(errno));
  }
  if (::ftruncate(fd_.get(), static_cast<off_t>(size())) != 0) {
    throw_errno("size the file");
  }
  if (fill == Fill::fallocated) {
    if (::fallocate(fd_.get(), 0, 0, static_cast<off_t>(size())) != 0) {
      throw_errno("allocate the file");
    }
    return;
  }
  for (std::size_t page = 0; page < pages_; ++page) {
    write(page, 0);
  }
}

std::vector<std::byte> SealedFile::image(std::size_t page, std::uint64_t version) const {
  std::uint64_t state = seed_ ^ (page * 0x9e3779b97f4a7c15U);
  state = split_mix(state) + version;
  std::uint64_t word = split_mix(state);
  std::vector<std::byte> bytes(page_size_);
  for (std::size_t at = 0; at < page_size_; at += sizeof word) {
    std::memcpy(bytes.data() + at, &word, sizeof word);
    word += 0x632be59bd9b4e019U;
  }
  return bytes;
}

void SealedFile::write(std::size_t page, std::uint64_t version) const {
  const auto bytes = image(page, version);
  if (fill_ == Fill::hugetlb) {
    std::ranges::copy(bytes, map_writable().bytes().subspan(page * page_size_).begin());
    return;
  }
  const auto at = static_cast<off_t>(page * page_size_);
  if (::pwrite(fd_.get(), bytes.data(), bytes.size(), at) != static_cast<ssize_t>(bytes.size())) {
    throw_errno("write to the file");
  }
}

std::vector<std::byte> SealedFile::read(std::size_t page) const {
  std::vector<std::byte> bytes(page_size_);
  const auto at = static_cast<off_t>(page * page_size_);
  if (::pread(fd_.get(), bytes.data(), bytes.size(), at) != static_cast<ssize_t>(bytes.size())) {
    throw_errno("read the file");
  }
  return bytes;
}

bool SealedFile::holds(std::size_t page, std::uint64_t version) const {
  return read(page) == image(page, version);
}

bool SealedFile::is_zero(std::size_t page) const { return read(page) == std::vector<std::byte>(page_size_); }

std::vector<std::uint64_t> SealedFile::hashes() const {
  std::vector<std::uint64_t> hashes;
  hashes.reserve(pages_);
  for (std::size_t page = 0; page < pages_; ++page) {
    const auto bytes = read(page);
    std::uint64_t hash = page;
    for (std::size_t at = 0; at < bytes.size(); at += sizeof hash) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data() + at, sizeof word);
      hash ^= word;
      hash = split_mix(hash);
    }
    hashes.push_back(hash);
  }
  return hashes;
}

Mapping SealedFile::map_writable() const {
  void* at = ::mmap(nullptr, size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
  if (at == MAP_FAILED) {
    throw_errno("map the file");
  }
  return {at, size()};
}

Mapping SealedFile::map_read_only() const {
  const std::string path = "/proc/self/fd/" + std::to_string(fd_.get());
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  void* at = fd ? ::mmap(nullptr, size(), PROT_READ, MAP_SHARED, fd.get(), 0) : MAP_FAILED;
  if (at == MAP_FAILED) {
    throw_errno("map the file for reading");
  }
  return {at, size()};
}

int SealedFile::seal() const { return ::fcntl(fd_.get(), F_ADD_SEALS, F_SEAL_WRITE) == 0 ? 0 : errno; }

std::size_t count_changed(std::span<const std::uint64_t> before, std::span<const std::uint64_t> after) {
  std::size_t changed = 0;
  for (std::size_t page = 0; page < before.size(); ++page) {
    changed += before[page] != after[page] ? 1 : 0;
  }
  return changed;
}

}  // namespace assay::agent
