// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/loader_cache.hpp"

#include <cstddef>
#include <cstdint>

namespace assay::image {
namespace {

// struct cache_file_new and struct file_entry_new of glibc's sysdeps/generic/dl-cache.h.
constexpr std::string_view magic = "glibc-ld.so.cache1.1";
constexpr std::size_t header_size = 48;
constexpr std::size_t entry_size = 24;
constexpr std::size_t key_at = 4;
constexpr std::size_t value_at = 8;
constexpr std::size_t hwcap_at = 16;

std::uint64_t number(std::string_view bytes, std::size_t at, bool big) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * (big ? 3 - i : i));
  }
  return value;
}

std::string text(std::string_view bytes, std::size_t at) {
  const auto rest = at < bytes.size() ? bytes.substr(at) : std::string_view();
  return std::string(rest.substr(0, rest.find('\0')));
}

}  // namespace

std::map<std::string, std::vector<std::string>> read_loader_cache(std::string_view bytes) {
  std::map<std::string, std::vector<std::string>> all;
  const auto begin = bytes.find(magic);  // an older format may stand before it
  if (begin == std::string_view::npos || bytes.size() - begin < header_size) {
    return all;
  }
  bytes.remove_prefix(begin);
  const auto room = (bytes.size() - header_size) / entry_size;
  // It says its byte order only since glibc 2.33.
  const bool big = number(bytes, magic.size(), false) > room;
  const auto count = number(bytes, magic.size(), big);
  for (std::size_t i = 0; count <= room && i < count; ++i) {
    const auto at = header_size + i * entry_size;
    if (number(bytes, at + hwcap_at, big) != 0 || number(bytes, at + hwcap_at + 4, big) != 0) {
      continue;
    }
    all[text(bytes, number(bytes, at + key_at, big))].push_back(
        text(bytes, number(bytes, at + value_at, big)));
  }
  return all;
}

}  // namespace assay::image
