// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/initramfs.hpp"

#include "base/files.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace assay::image {
namespace {

struct FreeArchive {
  void operator()(archive* target) const { archive_write_free(target); }
};
struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};
/// Whom programs may ask for by name.
constexpr std::string_view users =
    "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n";
constexpr std::string_view user_groups = "root:x:0:\nnogroup:x:65534:\nnobody:x:65534:\n";

using Archive = std::unique_ptr<archive, FreeArchive>;
using Entry = std::unique_ptr<archive_entry, FreeEntry>;

/// An entry of root's with all times zero.
Entry new_entry(const char* path, mode_t type, mode_t permissions) {
  Entry entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), path);
  archive_entry_set_mode(entry.get(), type | permissions);
  archive_entry_set_mtime(entry.get(), 0, 0);
  archive_entry_set_nlink(entry.get(), type == S_IFDIR ? 2 : 1);
  return entry;
}

bool write_entry(archive* target, const Entry& entry, std::string_view content = {}) {
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
  return archive_write_header(target, entry.get()) == ARCHIVE_OK &&
         archive_write_data(target, content.data(), content.size()) ==
             static_cast<la_ssize_t>(content.size());
}

bool write_console(archive* target) {
  auto console = new_entry("dev/console", S_IFCHR, 0600);
  archive_entry_set_rdev(console.get(), ::makedev(5, 1));
  return write_entry(target, console);
}

/// The folders above the file that are not there yet.
bool write_folders(archive* target, const std::string& file, std::set<std::string>& made) {
  for (auto slash = file.find('/'); slash != std::string::npos; slash = file.find('/', slash + 1)) {
    const auto folder = file.substr(0, slash);
    if (made.insert(folder).second && !write_entry(target, new_entry(folder.c_str(), S_IFDIR, 0755))) {
      return false;
    }
  }
  return true;
}

/// The kernel calls it when a module is wanted; the agent knows by this name what to do.
bool write_modprobe(archive* target) {
  auto link = new_entry("sbin/modprobe", S_IFLNK, 0777);
  archive_entry_set_symlink(link.get(), "/init");
  return write_entry(target, link);
}

bool write_file_in(archive* target, const GuestFile& file) {
  if (!file.is_link) {
    return write_entry(target, new_entry(file.path.c_str(), S_IFREG, file.mode), file.content);
  }
  auto link = new_entry(file.path.c_str(), S_IFLNK, 0777);
  archive_entry_set_symlink(link.get(), file.content.c_str());
  return write_entry(target, link);
}

bool write_all(archive* target, std::string_view agent, const std::vector<GuestFile>& files) {
  std::set<std::string> made{"init", "dev/console", "etc/passwd", "etc/group", "sbin/modprobe"};
  bool written = true;
  for (const char* folder : {"dev", "proc", "sys", "sbin", "etc"}) {
    made.insert(folder);
    written = written && write_entry(target, new_entry(folder, S_IFDIR, 0755));
  }
  made.insert({"root", "tmp"});
  written = written && write_entry(target, new_entry("root", S_IFDIR, 0700)) &&
            write_entry(target, new_entry("tmp", S_IFDIR, 01777)) && write_console(target) &&
            write_entry(target, new_entry("etc/passwd", S_IFREG, 0644), users) &&
            write_entry(target, new_entry("etc/group", S_IFREG, 0644), user_groups) && write_modprobe(target);
  for (const auto& file : files) {
    written = written && write_folders(target, file.path, made) &&
              (!made.insert(file.path).second || write_file_in(target, file));
  }
  return written && write_entry(target, new_entry("init", S_IFREG, 0755), agent) &&
         archive_write_close(target) == ARCHIVE_OK;
}

la_ssize_t append_to(archive* /*writer*/, void* out, const void* bytes, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

}  // namespace

Bytes size_of(const std::vector<HostFile>& files) {
  std::uint64_t bytes = 0;
  for (const auto& file : files) {
    std::error_code error;
    const auto size = file.link.empty() ? fs::file_size(file.host, error) : 0;
    bytes += error ? 0 : size;
  }
  return Bytes(bytes);
}

Result<GuestFile> read_host_file(const HostFile& file) {
  auto path = file.path.substr(1);
  if (!file.link.empty()) {
    return GuestFile{std::move(path), file.link, 0777, true};
  }
  struct stat status{};
  auto content = read_file(file.host);
  if (!content || ::stat(file.host.c_str(), &status) != 0) {
    return Error(Failure::usage, content ? errno_text(errno) : content.error().text());
  }
  return GuestFile{std::move(path), std::move(*content), status.st_mode & 0777U, false};
}

Status pack_initramfs(const fs::path& agent, const std::vector<GuestFile>& files, const fs::path& target) {
  auto program = read_file(agent);
  if (!program) {
    return program.error();
  }
  std::string packed;
  const Archive writer(archive_write_new());
  const bool written = archive_write_set_format_cpio_newc(writer.get()) == ARCHIVE_OK &&
                       archive_write_add_filter_none(writer.get()) == ARCHIVE_OK &&
                       archive_write_open(writer.get(), &packed, nullptr, append_to, nullptr) == ARCHIVE_OK &&
                       write_all(writer.get(), *program, files);
  if (!written) {
    const char* why = archive_error_string(writer.get());
    return fail(Failure::infrastructure, "cannot pack {}: {}", target.string(),
                why != nullptr ? why : "no memory");
  }
  return write_file(target, packed);
}

}  // namespace assay::image
