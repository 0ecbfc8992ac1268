error "written by its owner"
