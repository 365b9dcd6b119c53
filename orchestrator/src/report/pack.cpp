// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/pack.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <openssl/evp.h>

#include <memory>
#include <new>
#include <vector>

namespace assay::report {
namespace {

struct FreeArchive {
  void operator()(archive* open) const { ::archive_write_free(open); }
};
struct FreeEntry {
  void operator()(archive_entry* entry) const { ::archive_entry_free(entry); }
};

la_ssize_t append(archive* /*open*/, void* to, const void* bytes, std::size_t size) {
  static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

void check(int result) {
  if (result != ARCHIVE_OK) {
    throw std::bad_alloc();  // in memory, nothing else can go wrong
  }
}

std::string zipped(std::string_view bytes) {
  std::string out;
  const std::unique_ptr<archive, FreeArchive> open(::archive_write_new());
  const std::unique_ptr<archive_entry, FreeEntry> entry(::archive_entry_new());
  check(open == nullptr || entry == nullptr ? ARCHIVE_FATAL : ARCHIVE_OK);
  check(::archive_write_set_format_raw(open.get()));
  check(::archive_write_add_filter_gzip(open.get()));
  check(::archive_write_set_options(open.get(), "gzip:!timestamp"));
  check(::archive_write_set_bytes_in_last_block(open.get(), 1));
  check(::archive_write_open(open.get(), &out, nullptr, append, nullptr));
  ::archive_entry_set_filetype(entry.get(), AE_IFREG);
  check(::archive_write_header(open.get(), entry.get()));
  check(::archive_write_data(open.get(), bytes.data(), bytes.size()) < 0 ? ARCHIVE_FATAL : ARCHIVE_OK);
  check(::archive_write_close(open.get()));
  return out;
}

}  // namespace

void put_number(std::string& out, std::uint64_t value) {
  while (value >= 0x80U) {
    out += static_cast<char>(value | 0x80U);
    value >>= 7U;
  }
  out += static_cast<char>(value);
}

void put_column(std::string& out, std::span<const std::int64_t> column) {
  std::uint64_t before = 0;
  for (const auto value : column) {
    const auto now = static_cast<std::uint64_t>(value);
    const auto difference = now - before;
    put_number(out, (difference << 1U) ^ (0U - (difference >> 63U)));
    before = now;
  }
}

std::string packed(std::string_view bytes) {
  const auto zip = zipped(bytes);
  std::vector<unsigned char> text(4 * ((zip.size() + 2) / 3) + 1);
  const std::vector<unsigned char> raw(zip.begin(), zip.end());
  const auto size = ::EVP_EncodeBlock(text.data(), raw.data(), static_cast<int>(raw.size()));
  return {text.begin(), text.begin() + size};
}

}  // namespace assay::report
