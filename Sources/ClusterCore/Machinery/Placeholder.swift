// Machinery
